"""What Alembic runs: the steps, all within the one transaction of the connection that it is given."""

from alembic import context

from collector.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
