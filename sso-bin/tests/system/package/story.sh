# The life of the package on a machine with systemd. Each line that matters is `what: value`.
trap 'systemctl poweroff --force --force' EXIT
data=/var/lib/sso-connect

is() {
    echo "$1: $(systemctl show "$2" --property="$3" --value)"
}

as() {
    setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

# Until the property $2 of the server is $3; at most a minute.
until_is() {
    for _ in {1..600}; do
        [[ $(systemctl show "$1" --property="$2" --value) == "$3" ]] && return
        sleep 0.1
    done
}

# A hang is found sooner than on a machine in use.
mkdir -p /run/systemd/system/sso-connect.service.d
printf '[Service]\nWatchdogSec=3s\n' >/run/systemd/system/sso-connect.service.d/test.conf

echo == installed
dpkg --install /tmp/sso-connect.deb
is 'after the installation' sso-connect ActiveState
echo "enabled: $(systemctl is-enabled sso-connect)"
echo "data: $(stat --format='%U %a' $data)"
systemctl start sso-connect
echo "without a configuration: $?"
is 'without a configuration it ends with' sso-connect ExecMainStatus
systemctl stop sso-connect
systemd-analyze verify sso-connect.service sso-connect-hub.service && echo 'units: sound'

echo == serves
as sso-connect sso-connect init --base-url https://sso.example.com >/dev/null
as sso-connect sso-connect local set private_port 443 >/dev/null
systemctl enable --quiet --now sso-connect
echo "start: $?"
is 'started' sso-connect ActiveState
is 'type' sso-connect Type
is 'status' sso-connect StatusText
as sso-connect sso-connect status | sed -n 's/^status  */by command: /p'
ss --no-header --listening --tcp --numeric 'sport = :443' | grep --quiet LISTEN && echo 'port: 443'
pid=$(systemctl show sso-connect --property=MainPID --value)
sed -n 's/^CapEff:\t/capabilities: /p; s/^Seccomp:\t/seccomp: /p' "/proc/$pid/status"
systemctl reload sso-connect
echo "reload: $?"
until_is sso-connect ActiveState active
is 'reloaded' sso-connect ActiveState

echo == hangs
kill -STOP "$pid"
until_is sso-connect NRestarts 1
until_is sso-connect ActiveState active
is 'starts after a hang' sso-connect NRestarts
is 'after a hang' sso-connect ActiveState

echo == upgraded
before=$(systemctl show sso-connect --property=MainPID --value)
dpkg --install /tmp/sso-connect.deb
is 'after the upgrade' sso-connect ActiveState
[[ $(systemctl show sso-connect --property=MainPID --value) != "$before" ]] && echo 'program: new'

echo == misconfigured
echo 'unheard_of = 1' >>$data/local.toml
systemctl restart sso-connect
until_is sso-connect ActiveState failed
is 'with a wrong setting' sso-connect ActiveState
is 'with a wrong setting it ends with' sso-connect ExecMainStatus
is 'with a wrong setting, starts' sso-connect NRestarts
sed -i '/unheard_of/d' $data/local.toml
systemctl start sso-connect

echo == credential
mkdir /etc/credstore.encrypted
head -c 32 /dev/urandom |
    systemd-creds encrypt --with-key=host --name=sso-connect - /etc/credstore.encrypted/sso-connect
printf '[sealing]\nsystemd_credential = "sso-connect"\n' >>$data/local.toml
systemctl restart sso-connect
is 'with a credential' sso-connect ActiveState
[[ -e $data/keys/data.sealed && ! -e $data/keys/data.key ]] && echo 'keys: sealed'

echo == hub
as sso-connect-hub sso-connect hub init --reached-as localhost:8444 >/dev/null
systemctl start sso-connect-hub
is 'hub' sso-connect-hub ActiveState
is 'hub says' sso-connect-hub StatusText
as sso-connect-hub sso-connect hub status

echo == removed
dpkg --remove sso-connect
echo "server: $(systemctl is-active sso-connect)"
echo "hub: $(systemctl is-active sso-connect-hub)"
dpkg --purge sso-connect
[[ -e $data/keys/data.sealed ]] && echo 'keys: kept'
echo == end
