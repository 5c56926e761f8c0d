#!/bin/sh
# Loads this folder into Elasticsearch or OpenSearch. Loading twice adds nothing: every document has
# an id of its own. Needs curl.
#
# usage: ./load.sh URL [CURL-OPTION…]
#   ./load.sh http://127.0.0.1:9200
#   ./load.sh https://search.example:9200 --cacert ca.pem --netrc-file ~/.netrc
#
# exit status: 0 everything is there, 1 the server refused something (see rejected/), 2 cannot start
set -eu
cd "$(dirname "$0")"
if [ $# -lt 1 ]; then echo "usage: ./load.sh URL [CURL-OPTION...]" >&2; exit 2; fi
url=${1%/}; shift
if [ ! -f manifest.json ]; then
  echo "load.sh: there is no manifest.json: this folder was not written to its end. Run netlog again." >&2
  exit 2
fi
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# send METHOD PATH TYPE FILE [CURL-OPTION…]: the status goes to standard output, the answer to $answer. Where nobody
# answers, curl says 000 by itself.
send() {
  method=$1 path=$2 type=$3 file=$4; shift 4
  curl -sS -o "$answer" -w '%{http_code}' -X "$method" -H "Content-Type: $type" \
    --data-binary "@$file" "$@" "$url/$path" || :
}

# Which product and version is it?
curl -sS -o "$answer" "$@" "$url/" || { echo "load.sh: no answer from $url" >&2; exit 2; }
field() { tr -d '\n' < "$answer" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }
number=$(field number)
case $(field distribution) in
  opensearch) target=opensearch-${number%%.*} ;;
  *) case $number in
       7.1[4-9].*|7.[2-9][0-9].*) target=elasticsearch-7.17; [ "$(field build_flavor)" = oss ] && target=elasticsearch-7.10-oss ;;
       7.*) target=elasticsearch-7.10-oss ;;
       *) target=elasticsearch-${number%%.*} ;;
     esac ;;
esac
if [ ! -d "setup/$target" ]; then
  echo "load.sh: $url is $target, and setup/ has nothing for it" >&2; cat "$answer" >&2; exit 2
fi

while read -r file path; do
  status=$(send PUT "$path" application/json "setup/$target/$file" "$@" < /dev/null)
  case $path:$status in
    *:200|*:201) ;;
    _ilm/*:*|_plugins/*:409) ;;
    _plugins/*:*) echo "load.sh: this server has no life-cycle policies (status $status); going on" >&2 ;;
    *) echo "load.sh: $path: status $status" >&2; cat "$answer" >&2; echo >&2; exit 2 ;;
  esac
done < "setup/$target/requests.txt"

created=0 existing=0 rejected=0
for part in part-*.ndjson part-*.ndjson.gz; do
  [ -f "$part" ] || continue
  tries=0
  while :; do
    case $part in
      *.gz) status=$(send POST _bulk application/x-ndjson "$part" -H 'Content-Encoding: gzip' "$@") ;;
      *) status=$(send POST _bulk application/x-ndjson "$part" "$@") ;;
    esac
    # Busy or gone for a moment, as a whole or for single documents: again. What was created answers 409.
    busy=no
    case $status in
      200) grep -Eq '"status":(429|503)' "$answer" && busy=yes || : ;;
      000|429|502|503|504) busy=yes ;;
    esac
    [ "$busy" = yes ] && [ $tries -lt 8 ] || break
    tries=$((tries + 1))
    sleep $((tries * tries))
  done
  if [ "$status" != 200 ]; then
    echo "load.sh: $part: status $status" >&2; head -c 2000 "$answer" >&2; echo >&2; exit 1
  fi
  counts=$(tr ',' '\n' < "$answer" | sed -n 's/.*"status":\([0-9][0-9]*\).*/\1/p' | sort | uniq -c)
  new=$(echo "$counts" | awk '$2 == 201 || $2 == 200 { n += $1 } END { print n + 0 }')
  old=$(echo "$counts" | awk '$2 == 409 { n += $1 } END { print n + 0 }')
  bad=$(echo "$counts" | awk 'NF && $2 != 200 && $2 != 201 && $2 != 409 { n += $1 } END { print n + 0 }')
  if [ "$bad" -gt 0 ]; then
    mkdir -p rejected
    cp "$answer" "rejected/$part.json"
    echo "load.sh: $part: $bad documents refused; the reasons are in rejected/$part.json" >&2
  fi
  created=$((created + new)) existing=$((existing + old)) rejected=$((rejected + bad))
done
echo "created $created, already there $existing, rejected $rejected"
[ "$rejected" -eq 0 ]
