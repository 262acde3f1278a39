"""Stored models are data: what was saved comes back to the bit, what was changed is refused."""

from pathlib import Path

import pytest

from tests.insight import shop
from zhiyin.insight import store
from zhiyin.insight.contract import Frame
from zhiyin.insight.store import ModelFileError
from zhiyin.insight.training import Understanding


@pytest.fixture
def saved(tmp_path: Path, understood: Understanding) -> tuple[Path, dict[str, str]]:
    return tmp_path, understood.save(tmp_path)


def test_a_loaded_model_scores_exactly_as_the_fitted_one(saved, understood, shop_history):
    root, digests = saved
    frame = Frame.of(shop_history.customer_features(shop.TODAY), shop.TODAY)
    for name, model in understood.models.items():
        loaded, manifest = store.load(root, name, 1, digest=digests[name])
        assert loaded == model
        assert manifest.as_of_us == understood.scores[name].column("as_of_us")[0].as_py()
        assert loaded.score_frame(frame).equals(model.score_frame(frame))


def test_model_files_are_text_and_hold_no_pickle(saved):
    root, _ = saved
    files = [f for f in root.rglob("*") if f.is_file()]
    assert {f.suffix for f in files} == {".json", ".txt"}
    for file in files:
        data = file.read_bytes()
        assert not data.startswith(b"\x80")
        data.decode("utf-8")
    source = Path(store.__file__).parent
    assert not [f for f in source.glob("*.py") if "import pickle" in f.read_text("utf-8")]


@pytest.mark.parametrize("file", ["model.json", "trees.txt", "manifest.json"])
def test_one_changed_byte_is_refused(saved, file: str):
    root, digests = saved
    path = root / "churn" / "000001" / file
    data = bytearray(path.read_bytes())
    at = data.rindex(b"1")
    data[at] = ord("2")
    path.write_bytes(bytes(data))
    with pytest.raises(ModelFileError):
        store.load(root, "churn", 1, digest=digests["churn"])


def test_files_and_manifest_replaced_together_are_found_by_the_kept_digest(
    tmp_path: Path, understood: Understanding
):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    digest = understood.save(ours)["rfm"]
    store.save(
        theirs, "rfm", understood.models["rfm"], version=1, as_of=shop.START
    )  # the same numbers, said to be of another day
    (theirs / "rfm" / "000001").rename(tmp_path / "swapped")
    (ours / "rfm" / "000001").rename(tmp_path / "kept")
    (tmp_path / "swapped").rename(ours / "rfm" / "000001")
    with pytest.raises(ModelFileError, match="not the one saved"):
        store.load(ours, "rfm", 1, digest=digest)


def test_a_missing_file_is_named(saved):
    root, _ = saved
    (root / "value" / "000001" / "trees.txt").unlink()
    with pytest.raises(ModelFileError, match=r"trees\.txt"):
        store.load(root, "value", 1)


def test_a_version_is_never_written_twice(saved, understood: Understanding):
    root, _ = saved
    assert store.versions(root, "rfm") == [1]
    with pytest.raises(FileExistsError):
        understood.save(root)


@pytest.mark.parametrize("name", ["../rfm", "rfm/../..", "", "RFM", "/etc"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str):
    with pytest.raises(ModelFileError):
        store.load(tmp_path, name, 1)
