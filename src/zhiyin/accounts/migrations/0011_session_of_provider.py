"""Sessions know which session of the company's provider stands behind them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_policy")]
    operations = [
        migrations.AddField(
            model_name="session",
            name="provider_session",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("provider_session", ""), _negated=True),
                fields=["provider_session"], name="session_of_provider",
            ),
        ),
    ]  # fmt: skip
