"""A hot event costs less to write: its source is looked up once a batch and not for each row, and
what is found by name stands in the order of time.

The foreign key also kept a source that has events from being deleted; a trigger does now.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models

_KEEP_SOURCES = """
create function collect_source_has_no_events() returns trigger language plpgsql as $$
begin
    if exists (select from collect_event where source_id = old.id) then
        raise foreign_key_violation using message = 'a source that has events stays';
    end if;
    return null;
end $$;
create constraint trigger collect_source_stays after delete on collect_source
    deferrable initially deferred for each row execute function collect_source_has_no_events();
"""


class Migration(migrations.Migration):
    dependencies = [("collect", "0006_plans")]
    operations = [
        migrations.AlterField(
            "event",
            "source",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="collect.source",
            ),
        ),
        migrations.RunSQL(_KEEP_SOURCES, "drop function collect_source_has_no_events cascade"),
        migrations.RemoveIndex("event", "collect_eve_name_fbac16_idx"),
        migrations.AddIndex(
            "event",
            models.Index(fields=["name", "at"], include=["customer_id"], name="event_name_at"),
        ),
        migrations.RemoveIndex("event", "collect_eve_batch_3f06fe_idx"),
        migrations.AddIndex("event", BrinIndex(fields=["batch"], name="event_batch")),
    ]
