"""Words are found by how they begin: rows get the grams of that, orders an index of their number."""

from itertools import islice

from django.db import migrations, models

from zhiyin.customers.search import entries

CHUNK = 2000


def add_beginnings(apps, editor):  # type: ignore[no-untyped-def]
    for name in ("CustomerSearch", "Company"):
        model = apps.get_model("customers", name)
        table, key = model._meta.db_table, model._meta.pk.column
        rows = model.objects.values_list("pk", "text").iterator(CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            held = ["{" + ",".join(map(str, entries(text))) + "}" for _, text in chunk]
            with editor.connection.cursor() as cursor:
                cursor.execute(
                    f"update {table} t set grams = v.held::integer[]"  # noqa: S608  (names of ours)
                    f" from unnest(%s::uuid[], %s::text[]) v(id, held) where t.{key} = v.id",
                    [[pk for pk, _ in chunk], held],
                )


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
