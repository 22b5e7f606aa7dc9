# shellcheck shell=bash
# buildah as scripts/image and the image's test use it: no daemon, all it keeps below .local/image.
image_home=$PWD/.local/image
# Rootless or in a sandbox, chroot is what needs least: no network, cgroup or user namespace of its own.
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot} TMPDIR=$image_home/tmp
mkdir -p "$image_home"
chmod 700 "$image_home"  # the base and its making know the logins of this machine's apt
mkdir -p "$TMPDIR"
buildah() { command buildah --root "$image_home/storage" --runroot "$image_home/run" "$@"; }
