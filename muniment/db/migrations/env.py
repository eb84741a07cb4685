"""What Alembic runs for each command. The connection comes from `muniment.db.engine.migrate`, never from a file."""

from alembic import context

from muniment.db.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
