# Packages of another release of Debian, or for another processor, beside those of this machine: for
# bash scripts, to be sourced. Nothing is installed and no maintainer script runs.

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# The archive that this machine has its own packages from; no address is written in the project.
mirror() {
    local found
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        awk '/\/debian\/?$/ && !found++')
    [ -n "$found" ] || fail "this machine's apt knows no archive of Debian: apt-get update"
    echo "$found"
}

# archive_for FOLDER SUITE ARCH arguments of apt-get: an apt whose lists and packages are in FOLDER.
archive_for() {
    local state suite=$2 arch=$3
    state=$(realpath -m "$1")
    shift 3
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    : >>"$state/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" \
        >"$state/sources.list"
    apt-get -qq -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- \
        -o Dir::State::Lists="$state/lists" -o Dir::State::Status="$state/status" \
        -o Dir::Cache="$state/cache" -o APT::Architecture="$arch" -o APT::Architectures::="$arch" \
        -o APT::Sandbox::User=root -o APT::Install-Recommends=0 -o Debug::NoLocking=1 "$@"
}

# unpack PACKAGE FOLDER [members]: links between folders stay as they are.
unpack() {
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink "${@:3}"
}

# unpack_all STATE SUITE ARCH FOLDER PACKAGE...: packages and all that they need, below FOLDER.
unpack_all() {
    local state=$1 suite=$2 arch=$3 into=$4 link package
    shift 4
    mkdir -p "$into"/usr/{bin,sbin,lib}
    for link in bin sbin lib; do ln -sfn "usr/$link" "$into/$link"; done
    # amd64 has its loader there.
    [ "$arch" != amd64 ] || { mkdir -p "$into/usr/lib64" && ln -sfn usr/lib64 "$into/lib64"; }
    archive_for "$state" "$suite" "$arch" update
    archive_for "$state" "$suite" "$arch" clean
    archive_for "$state" "$suite" "$arch" -y --download-only install "$@"
    for package in "$state"/cache/archives/*.deb; do
        unpack "$package" "$into"
    done
    archive_for "$state" "$suite" "$arch" clean
}
