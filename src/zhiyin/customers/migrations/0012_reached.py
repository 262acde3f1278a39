"""Up to when repeated tasks have looked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_company_size")]
    operations = [
        migrations.CreateModel(
            name="Reached",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
