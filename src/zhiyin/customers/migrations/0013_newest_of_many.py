"""The newest rows of a company's people are read from indexes alone, however many people it has."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0012_reached")]
    operations = [
        migrations.RemoveIndex(model_name="note", name="customers_n_custome_12f6f2_idx"),
        migrations.RemoveIndex(model_name="order", name="customers_o_custome_9cc824_idx"),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["company", "id"], name="customer_company"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="company",
            field=models.ForeignKey(
                blank=True, db_index=False, null=True, related_name="people",
                on_delete=django.db.models.deletion.SET_NULL, to="customers.company",
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["customer", "-at"], include=("id",), name="note_newest"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["customer", "-ordered_at"], include=("id",), name="order_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(done_at__isnull=True), fields=["customer"], name="open_tasks_of"
            ),
        ),
    ]  # fmt: skip
