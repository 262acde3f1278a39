"""Runs of one character become grams of their own: rows that hold one get theirs."""

from django.db import migrations

from zhiyin.customers.search import grams

CHUNK = 2000


def add_runs(apps, editor):  # type: ignore[no-untyped-def]
    model = apps.get_model("customers", "CustomerSearch")
    found = model.objects.filter(text__regex=r"(\S)\1{3}").only("text", "grams")
    batch = []
    for row in found.iterator(CHUNK):
        row.grams = sorted(grams(row.text))
        batch.append(row)
        if len(batch) == CHUNK:
            model.objects.bulk_update(batch, ["grams"])
            batch.clear()
    model.objects.bulk_update(batch, ["grams"])


class Migration(migrations.Migration):
    """Rows without a run keep their grams as they are."""

    dependencies = [("customers", "0004_segment_versions")]
    operations = [migrations.RunPython(add_runs, migrations.RunPython.noop, elidable=True)]
