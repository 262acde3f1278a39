"""How much each user asks of the API: counted by all server processes together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_company_sign_in")]

    operations = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                ("user", models.UUIDField(primary_key=True, serialize=False)),
                ("window", models.BigIntegerField(db_index=True)),
                ("requests", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunSQL(
            "alter table accounts_requestcount set unlogged",
            "alter table accounts_requestcount set logged",
        ),
    ]
