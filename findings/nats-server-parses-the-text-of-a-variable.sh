#!/bin/sh
# nats-server 2.12.4: a configuration may name environment variables, `password: $PASS`. Their text is not taken as it is,
# but read as if it stood in the file: a number, a date, or a word, told apart by how it begins. A password of hexadecimal
# digits, as random ones often are, is fine as 7f3a or 3d2f1, and refused as 12e34567, which begins like the number 12e3;
# 2026-11-29 is refused as the beginning of a time. Quotes do not help: "$PASS" is those five characters. Who makes such
# passwords sees it once in some dozens of installations. One that begins with a letter is safe.
#
# Seen: s3cret, 7f3a and 3d2f1 are valid; 12e34567 and 2026-11-29 end in "variable reference for 'PASS' ... could not be
# parsed". Fails if one of these changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
GOPATH=$folder/go GOBIN=$folder GOFLAGS=-modcacherw go install github.com/nats-io/nats-server/v2@v2.12.4
cat >"$folder/nats.conf" <<'CONF'
port: 4222
authorization { user: petage, password: $PASS }
CONF
check() {
  if PASS=$1 "$folder/nats-server" -t -c "$folder/nats.conf" >"$folder/out" 2>&1; then seen=valid; else seen=refused; fi
  echo "password $1: $seen"
  if [ "$seen" = refused ]; then grep -ao "could not be parsed: .*" "$folder/out"; fi
  [ "$seen" = "$2" ]
}
check s3cret valid
check 7f3a valid
check 3d2f1 valid
check 12e34567 refused
check 2026-11-29 refused
