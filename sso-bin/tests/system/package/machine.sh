# Boots a machine that is this one, with a package installed, and gone with everything in it when the
# process ends: its root is an overlay in memory, and its devices, processes, names and network are
# its own. Run as the first process of new namespaces.
#
#     machine.sh PACKAGE STORY OUTPUT
#
# systemd runs the script STORY as its only service, which writes to OUTPUT and powers off.
set -eu
package=$1 story=$2 output=$3

root=$(mktemp --directory)
mount -t tmpfs machine "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay machine "$root/root" \
    -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work"
cd "$root/root"
for folder in dev run tmp; do
    mount -t tmpfs -o mode=755 machine "$folder"
done
chmod 1777 tmp

# Settings of the kernel are everybody's, so they stay as they are.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup sys/fs/cgroup

mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in full null random tty urandom zero; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
ip link set lo up

# Nothing of this machine starts there.
rm -rf etc/systemd/system/*.wants usr/lib/systemd/system/*.wants usr/lib/systemd/system/*.requires
rm -f usr/sbin/policy-rc.d var/lib/man-db/auto-update
cp "$package" tmp/sso-connect.deb
cp "$story" tmp/story.sh
mkdir shared
mount --bind "$(dirname "$output")" shared
cat >etc/systemd/system/story.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
StandardOutput=file:/shared/$(basename "$output")
StandardError=inherit
ExecStart=/bin/bash /tmp/story.sh
UNIT
printf '[Unit]\nWants=story.service\n' >etc/systemd/system/story.target

mkdir old
pivot_root . old
cd /
umount -l old
# As container managers do; systemd hands credentials over that way.
mount --make-rshared /
export container=test
exec /lib/systemd/systemd --system --unit=story.target --show-status=no --log-target=null
