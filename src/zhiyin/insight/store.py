"""Fitted models on disk, in formats that can only ever be data: JSON and LightGBM's own text.

Nothing is pickled, so reading a model can never run code. Each version is a folder that appears
whole or not at all, with a manifest of SHA-256 digests that every load checks. `save` returns the
digest of the manifest: kept elsewhere (the application keeps it in its database) and given to
`load`, it also shows when someone replaced files and manifest together.
"""

import hashlib
import os
import re
import shutil
import tempfile
from datetime import datetime
from importlib.metadata import version as installed_version
from pathlib import Path

import msgspec

from zhiyin.insight.churn import ChurnModel
from zhiyin.insight.contract import InsightError, microseconds
from zhiyin.insight.labelled import LabelledModel
from zhiyin.insight.next_purchase import NextPurchaseModel
from zhiyin.insight.personas import PersonaModel
from zhiyin.insight.rfm import RfmModel
from zhiyin.insight.subscription import SubscriptionModel
from zhiyin.insight.value import ValueModel

AnyModel = (
    ChurnModel
    | ValueModel
    | NextPurchaseModel
    | RfmModel
    | PersonaModel
    | LabelledModel
    | SubscriptionModel
)
FORMAT = 1
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MODEL, _TREES, _MANIFEST = "model.json", "trees.txt", "manifest.json"


class ModelFileError(InsightError):
    """A stored model is missing, damaged, changed by someone, or of an unknown format."""


class Manifest(msgspec.Struct, frozen=True):
    """What a stored version is, and the digest of each of its files."""

    format: int
    name: str
    version: int
    as_of_us: int
    made_with: dict[str, str]
    files: dict[str, str]


def save(root: Path, name: str, model: AnyModel, *, version: int, as_of: datetime) -> str:
    """Write one version durably; returns the digest of its manifest.

    Raises FileExistsError where this version is already stored: versions are never rewritten.
    """
    folder = _folder(root, name, version)
    if folder.exists():
        raise FileExistsError(f"version {version} of {name} is already stored")
    folder.parent.mkdir(parents=True, exist_ok=True)
    contents = _contents(model)
    manifest = msgspec.json.format(
        msgspec.json.encode(
            Manifest(
                FORMAT,
                name,
                version,
                microseconds(as_of),
                {p: installed_version(p) for p in ("lightgbm", "numpy", "scikit-learn")},
                {file: _digest(data) for file, data in contents.items()},
            )
        )
    )
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        for file, data in {**contents, _MANIFEST: manifest}.items():
            _write(part / file, data)
        _sync(part)
        part.rename(folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return _digest(manifest)


def load(
    root: Path, name: str, version: int, *, digest: str | None = None
) -> tuple[AnyModel, Manifest]:
    """Read one version after checking every byte of it."""
    folder = _folder(root, name, version)
    try:
        written = (folder / _MANIFEST).read_bytes()
    except FileNotFoundError as missing:
        raise ModelFileError(f"version {version} of {name} is not stored") from missing
    if digest is not None and _digest(written) != digest:
        raise ModelFileError(f"the manifest of {name} version {version} is not the one saved")
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except msgspec.DecodeError as damaged:
        raise ModelFileError(f"the manifest of {name} version {version} is damaged") from damaged
    if (manifest.format, manifest.name, manifest.version) != (FORMAT, name, version):
        raise ModelFileError(f"the manifest in {folder.name} is of another model or format")
    if not {_MODEL} <= set(manifest.files) <= {_MODEL, _TREES}:
        raise ModelFileError(f"the manifest of {name} version {version} lists unexpected files")
    contents = {}
    for file, expected in manifest.files.items():
        try:
            contents[file] = (folder / file).read_bytes()
        except FileNotFoundError as missing:
            raise ModelFileError(f"{file} of {name} version {version} is missing") from missing
        if _digest(contents[file]) != expected:
            raise ModelFileError(f"{file} of {name} version {version} was changed after saving")
    return _model(contents), manifest


def versions(root: Path, name: str) -> list[int]:
    """Stored versions, oldest first."""
    folder = _folder(root, name, 0).parent
    if not folder.is_dir():
        return []
    return sorted(int(f.name) for f in folder.iterdir() if f.name.isdigit() and f.is_dir())


def _contents(model: AnyModel) -> dict[str, bytes]:
    if isinstance(model, ChurnModel | ValueModel):
        trees = model.booster.encode()
        bare = msgspec.structs.replace(model, booster="")
        return {_MODEL: msgspec.json.encode(bare), _TREES: trees}
    return {_MODEL: msgspec.json.encode(model)}


def _model(contents: dict[str, bytes]) -> AnyModel:
    try:
        model: AnyModel = msgspec.json.decode(contents[_MODEL], type=AnyModel)
    except msgspec.DecodeError as damaged:
        raise ModelFileError("the model file is not of a known form") from damaged
    if isinstance(model, ChurnModel | ValueModel):
        return msgspec.structs.replace(model, booster=contents.get(_TREES, b"").decode())
    return model


def _folder(root: Path, name: str, version: int) -> Path:
    if not _NAME.fullmatch(name) or version < 0:
        raise ModelFileError(f"not a model name and version: {name!r} {version}")
    return root / name / f"{version:06d}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    at = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
