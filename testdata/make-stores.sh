#!/bin/bash
# make-stores.sh FOLDER [SOFTWARE...]: records sessions with stores and brokers and their ordinary clients between two
# network namespaces of this machine (nothing leaves it) into FOLDER/<protocol>/<software>.pcap. Without SOFTWARE: all.
#
# Needs root and, from Debian: maven openjdk-17-jdk-headless python3-venv memcached libmemcached-tools mosquitto
# mosquitto-clients tcpdump iproute2. Cassandra and the server that speaks MongoDB's protocol come as Java packages, and
# their clients as Python ones; they are fetched before the namespaces are made.
set -eu
here=$(realpath "$(dirname "$0")")
packages=${PACKAGES:-$(mktemp -d /tmp/netlog-packages.XXXXXX)}   # fetched once where PACKAGES says

# java_packages NAME GROUP:ARTIFACT:VERSION...: with all they need, into $packages/NAME.
java_packages() {
  local to=$packages/$1; shift
  [ ! -d "$to" ] || return 0
  mkdir -p "$to.pom"
  { echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>a</groupId><artifactId>b</artifactId><version>1</version><dependencies>'
    for package in "$@"; do
      echo "$package" | sed 's|\(.*\):\(.*\):\(.*\)|<dependency><groupId>\1</groupId><artifactId>\2</artifactId><version>\3</version></dependency>|'
    done
    echo '</dependencies></project>'; } > "$to.pom/pom.xml"
  (cd "$to.pom"; mvn -q -B dependency:copy-dependencies -DoutputDirectory="$to")
}

if [ -z "${FETCHED:-}" ]; then
  java_packages cassandra org.apache.cassandra:cassandra-all:5.0.2
  java_packages mongodb de.bwaldvogel:mongo-java-server:1.45.0 org.slf4j:slf4j-nop:2.0.9
  if [ ! -d "$packages/python" ]; then
    python3 -m venv "$packages/python"
    "$packages/python/bin/pip" install -q cassandra-driver==3.30.1 lz4 python-snappy pymongo==4.6.3
  fi
fi
export FETCHED=1 PACKAGES=$packages
. "$here/namespaces.sh"

cassandra_config() {
  cat <<C
cluster_name: papers
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
commitlog_sync: periodic
commitlog_sync_period: 10000ms
data_file_directories: [$1/data]
commitlog_directory: $1/commitlog
saved_caches_directory: $1/caches
hints_directory: $1/hints
cdc_raw_directory: $1/cdc
listen_address: 10.69.0.1
rpc_address: 10.69.0.1
endpoint_snitch: SimpleSnitch
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
seed_provider: [{class_name: org.apache.cassandra.locator.SimpleSeedProvider, parameters: [{seeds: "10.69.0.1:7000"}]}]
C
}

cassandra() { # Apache Cassandra and its Python driver: versions 3, 4 and 5, plain, lz4 and snappy, a log-in refused
  local home=$work/cassandra open=""
  mkdir -p "$home"; cassandra_config "$home" > "$home/cassandra.yaml"
  for part in java.base/java.io java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.math \
      java.base/java.net java.base/java.nio java.base/java.util java.base/java.util.concurrent java.base/java.util.concurrent.atomic \
      java.base/jdk.internal.loader java.base/jdk.internal.math java.base/jdk.internal.misc java.base/jdk.internal.module \
      java.base/jdk.internal.ref java.base/jdk.internal.reflect java.base/jdk.internal.util.jar java.base/sun.nio.ch \
      java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry java.rmi/sun.rmi.server \
      java.rmi/sun.rmi.transport.tcp java.sql/java.sql jdk.management/com.sun.management.internal jdk.unsupported/sun.misc; do
    open="$open --add-exports $part=ALL-UNNAMED --add-opens $part=ALL-UNNAMED"
  done
  run a env HOME="$home" java -Xmx1g -Djdk.attach.allowAttachSelf=true $open -Dcassandra.config="file://$home/cassandra.yaml" \
    -Dcassandra.storagedir="$home" -Dcassandra.superuser_setup_delay_ms=0 -Dcassandra-foreground=yes \
    -Djava.io.tmpdir="$home" -cp "$packages/cassandra/*" org.apache.cassandra.service.CassandraDaemon
  for _ in $(seq 120); do at a ss -ltn | grep -q :9042 && break; sleep 1; done
  sleep 8
  record cassandra apache.pcap "tcp port 9042"
  at b "$packages/python/bin/python" "$here/sessions/cassandra-session.py" || true
  stop
}

mongodb() { # the Java server that speaks MongoDB's protocol, and PyMongo
  cat > "$work/Papers.java" <<'J'
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

public class Papers {
    public static void main(String[] arguments) throws Exception {
        new MongoServer(new MemoryBackend()).bind("10.69.0.1", 27017);
        Thread.currentThread().join();
    }
}
J
  run a java -Xmx256m -cp "$packages/mongodb/*" "$work/Papers.java"
  for _ in $(seq 60); do at a ss -ltn | grep -q :27017 && break; sleep 1; done
  record mongodb java.pcap "tcp port 27017"
  at b "$packages/python/bin/python" "$here/sessions/mongodb-session.py" || true
  stop
}

memcache() { # memcached and libmemcached's tools: the text and the binary protocol, and UDP
  run a memcached -u nobody -l 10.69.0.1 -p 11211 -U 11211
  sleep 1
  mkdir -p "$work/kept"; echo "a report" > "$work/kept/report.txt"; seq 1 300 > "$work/kept/numbers.txt"
  record memcache libmemcached.pcap "port 11211"
  cd "$work/kept"
  for how in "" --binary; do
    at b memcping --servers=10.69.0.1 $how || true
    at b memccp --servers=10.69.0.1 $how --set report.txt numbers.txt || true
    at b memccp --servers=10.69.0.1 $how --add report.txt || true
    at b memccat --servers=10.69.0.1 $how report.txt || true
    at b memcexist --servers=10.69.0.1 $how missing.txt || true
    at b memctouch --servers=10.69.0.1 $how --expire=60 report.txt || true
    at b memcrm --servers=10.69.0.1 $how report.txt || true
    at b memcrm --servers=10.69.0.1 $how report.txt || true
    at b memcstat --servers=10.69.0.1 $how --args=settings || true
    at b memcflush --servers=10.69.0.1 $how || true
  done
  at b memccp --servers=10.69.0.1 --udp --set report.txt || true
  cd /
  stop
}

mqtt() { # Mosquitto and its clients: versions 3.1.1 and 5, a log-in refused, a will, all three levels, retained
  : > "$work/mosquitto.users"
  mosquitto_passwd -b "$work/mosquitto.users" bob secret; chmod 644 "$work/mosquitto.users"
  printf 'user alice\ntopic readwrite plant/#\nuser bob\ntopic readwrite plant/#\n' > "$work/mosquitto.rights"; chmod 644 "$work/mosquitto.rights"
  printf 'listener 1883 10.69.0.1\npassword_file %s\nacl_file %s\nallow_anonymous false\n' "$work/mosquitto.users" "$work/mosquitto.rights" > "$work/mosquitto.conf"
  run a mosquitto -c "$work/mosquitto.conf"
  sleep 1
  record mqtt mosquitto.pcap "tcp port 1883"
  for version in mqttv311 mqttv5; do
    local more="-h 10.69.0.1 -V $version -u bob -P secret"
    at b mosquitto_pub -h 10.69.0.1 -V $version -u bob -P wrong -t plant/door -m open || true
    run b mosquitto_sub $more -i "panel-$version" -q 2 -t 'plant/#' -t office/heat -C 4 -W 8 \
      --will-topic plant/panel --will-payload gone --will-qos 1
    sleep 1
    for level in 0 1 2; do at b mosquitto_pub $more -i "sensor-$version" -q $level -t plant/heat -m "2$level" || true; done
    at b mosquitto_pub $more -i "sensor-$version" -q 1 -r -t plant/door -m open || true
    at b mosquitto_pub $more -i "sensor-$version" -q 1 -t office/door -m open || true
    sleep 1
  done
  at b mosquitto_pub -h 10.69.0.1 -V mqttv5 -u bob -P secret -i asks -q 1 -t plant/ask -m '{"how": "warm"}' \
    -D publish content-type application/json -D publish response-topic plant/answer -D publish user-property by sensor \
    -D connect session-expiry-interval 60 || true
  stop
}

all cassandra mongodb memcache mqtt
