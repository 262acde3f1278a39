"""Words are found by how they begin: rows get the grams of that, orders an index of their number."""

from django.db import migrations, models

from zhiyin.customers.search import entries

CHUNK = 2000


def add_beginnings(apps, editor):  # type: ignore[no-untyped-def]
    for name in ("CustomerSearch", "Company"):
        model = apps.get_model("customers", name)
        batch = []
        for row in model.objects.only("text", "grams").iterator(CHUNK):
            row.grams = entries(row.text)
            batch.append(row)
            if len(batch) == CHUNK:
                model.objects.bulk_update(batch, ["grams"])
                batch.clear()
        model.objects.bulk_update(batch, ["grams"])


class Migration(migrations.Migration):
    """A million customers take a few minutes, once."""

    dependencies = [("customers", "0009_ordered_by_whole_hundredths")]
    operations = [
        migrations.RunPython(add_beginnings, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["number"], name="order_begins", opclasses=["text_pattern_ops"]
            ),
        ),
    ]
