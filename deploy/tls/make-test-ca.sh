#!/usr/bin/env bash
# Makes a certificate authority and a certificate for each node, FOR TESTS: the authority's key lies beside everything else, unencrypted, and
# nothing can be revoked. In production let your own authority sign certificates with the same properties: extended key usage for both client and
# server, subject alternative names of the node, a PKCS#12 file with its key.
#
#   SERA_TLS_PASSWORD=secret deploy/tls/make-test-ca.sh <folder> <node>[=name,name...] ...
#   SERA_TLS_PASSWORD=secret deploy/tls/make-test-ca.sh deploy/tls/out control-1=control-1,10.0.0.1 score-1
#
# Leaves <folder>/ca.pem and ca.key, and for every node <folder>/<node>/ca.pem, node.pfx (password SERA_TLS_PASSWORD): the folder that
# `sera node --tls` is given. The node's own name, localhost and 127.0.0.1 are always among its names. Run again, it keeps the authority and
# adds or replaces nodes. SERA_TLS_DAYS (365) is how long certificates hold.
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0" >&2
  exit 2
fi
: "${SERA_TLS_PASSWORD:?set it to the password that the nodes will open their keys with}"
export SERA_TLS_PASSWORD
days=${SERA_TLS_DAYS:-365}
folder=$1
shift
umask 077
mkdir -p "$folder"

if [ ! -f "$folder/ca.key" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -days "$days" -subj "/CN=Sera test authority" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
  echo "authority: $folder/ca.pem"
fi

for node in "$@"; do
  name=${node%%=*}
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9.-]*$ ]] || { echo "'$name' is not the name of a node: letters, digits, dots and hyphens" >&2; exit 2; }
  names=$name,localhost,127.0.0.1
  if [[ $node == *=* ]]; then names=$names,${node#*=}; fi
  alternatives=$(tr ',' '\n' <<<"$names" | awk 'NF && !seen[$0]++ { print ($0 ~ /^[0-9.]+$/ || $0 ~ /:/ ? "IP:" : "DNS:") $0 }' | paste -sd, -)
  out=$folder/$name
  mkdir -p "$out"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -subj "/CN=$name" -keyout "$out/node.key" -out "$out/node.csr" 2>/dev/null
  openssl x509 -req -sha256 -days "$days" -in "$out/node.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -out "$out/node.pem" 2>/dev/null -extfile <(
    echo "basicConstraints=critical,CA:FALSE"
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=serverAuth,clientAuth"
    echo "subjectAltName=$alternatives"
  )
  openssl pkcs12 -export -name "$name" -in "$out/node.pem" -inkey "$out/node.key" -certfile "$folder/ca.pem" -passout env:SERA_TLS_PASSWORD -out "$out/node.pfx"
  cp "$folder/ca.pem" "$out/ca.pem"
  rm "$out/node.csr" "$out/node.key" "$out/node.pem"
  # A container's user is another one than the one who mounts this; the key is behind the password.
  chmod 755 "$out" && chmod 644 "$out/ca.pem" "$out/node.pfx"
  echo "$name: $out/node.pfx for $alternatives"
done
