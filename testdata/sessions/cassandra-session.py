"""What is asked of Cassandra while make-stores.sh records."""

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from cassandra.query import BatchStatement, SimpleStatement


def session(version, compression, password="cassandra"):
    """A session without the questions about the schema, which are the same each time."""
    cluster = Cluster(["10.69.0.1"], protocol_version=version, compression=compression, schema_metadata_enabled=False,
                      token_metadata_enabled=False, auth_provider=PlainTextAuthProvider("cassandra", password))
    return cluster, cluster.connect()


def refused(ask, *given):
    try:
        ask(*given)
    except Exception as error:  # that is what it is for
        print(error)


def work(version, compression, keyspace):
    cluster, s = session(version, compression)
    s.execute(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    s.execute(f"USE {keyspace}")
    s.execute("CREATE TABLE orders (id int PRIMARY KEY, name text, price double, tags list<text>)")
    s.execute("INSERT INTO orders (id, name, price) VALUES (1, 'apple', 1.5)")
    put = s.prepare("INSERT INTO orders (id, name, price, tags) VALUES (?, ?, ?, ?)")
    for i in range(2, 5):
        s.execute(put, (i, "pear, green" * i, i / 4, ["ripe", "sweet"]))
    batch = BatchStatement(consistency_level=ConsistencyLevel.ONE)
    batch.add(SimpleStatement("DELETE FROM orders WHERE id = 2"))
    batch.add(put, (9, "fig", 3.0, None))
    s.execute(batch)
    print(list(s.execute(SimpleStatement("SELECT id, name, price FROM orders", fetch_size=2))))
    print(list(s.execute("SELECT * FROM orders WHERE id = %s", (9,))))
    refused(s.execute, "SELECT nothing FROM nowhere")
    refused(s.execute, "SELEC name FROM orders")
    refused(s.execute, f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    s.execute(f"CREATE ROLE bob_{keyspace} WITH PASSWORD = 'secret' AND LOGIN = true")
    s.execute("DROP TABLE orders")
    cluster.shutdown()


refused(session, 4, False, "wrong")
for which in [(3, False, "v3"), (4, False, "v4"), (4, "lz4", "v4_lz4"), (4, "snappy", "v4_snappy"), (5, False, "v5"), (5, "lz4", "v5_lz4")]:
    work(*which)
