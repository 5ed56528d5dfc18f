#!/usr/bin/env bash
# Installs the programs the peer tests talk to, from Debian's packages. Safe to run again: what is
# there already is left alone. Needs root (or sudo).
#   sip-tester    SIPp: callers, load            (sipp)
#   baresip-core  a SIP phone that is not ours   (baresip)
#   linphone-cli  another one, that transfers attended (linphonec)
#   sipsak, sipvicious  probes and scanners      (sipsak, svmap, svwar; against the edge of a running example)
#   dnsmasq-base  a DNS server for NAPTR and SRV (/usr/sbin/dnsmasq; started by the tests)
#   opus-tools    reads our recordings           (opusdec)
#   dovecot-imapd an IMAP server              (/usr/sbin/dovecot; started by the tests)
#   libspandsp    a fax machine: packages/plugin-fax/peer, and G.722: packages/media/peer, built into .peers/ (gcc libspandsp-dev libtiff-dev)
#   postgresql    the second database            (/usr/lib/postgresql/*/bin; started by the tests)
#   chromium      opens the console and the portal; fonts-noto-cjk, or Chinese is boxes
#   iproute2, python3  a network namespace of its own and a record of what is addressed out of it (needs root there)
set -euo pipefail

packages=(sip-tester baresip-core linphone-cli sipsak sipvicious dnsmasq-base postgresql opus-tools dovecot-imapd gcc libc6-dev libspandsp-dev libtiff-dev chromium fonts-noto-cjk iproute2 python3)
build_peers() {
  "$(dirname "$0")/../packages/plugin-fax/peer/build.sh" && echo "peers: built .peers/fax-peer and .peers/tiff-tool"
  "$(dirname "$0")/../packages/media/peer/build.sh" && echo "peers: built .peers/g722-peer"
}
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "peers: all present (${packages[*]})"
  build_peers
  exit 0
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
# Debian starts a PostgreSQL cluster on installation; the tests start their own on a free port.
if [ -d /etc/postgresql-common ] || $sudo mkdir -p /etc/postgresql-common; then
  [ -f /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
echo "peers: installed ${missing[*]}"
build_peers
