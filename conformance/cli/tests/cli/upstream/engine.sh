#!/bin/sh
# Plays a container engine: the command line of docker and podman, as far as it is used. What its images run is the bundled gateway,
# as a process of this machine, which outlives whoever called the engine, as containers do.
#
# ENGINE is the folder of its state: images, containers (one file each, with its process), calls. TOUCHSTONE is the binary.
echo "$*" >>"$ENGINE/calls"
containers=$ENGINE/containers
images=$ENGINE/images
file() { printf %s "$1" | tr '/:' '__'; }

run() {
    # Nothing of the surroundings is in a container.
    unset HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
    paths=$ENGINE/paths.$$
    : >"$paths"
    while [ $# -gt 0 ]; do
        case $1 in
            --rm) shift && continue ;;
            --name) name=$2 ;;
            --env) export "${2?}" ;;
            --add-host)
                KONG_DNS_HOSTSFILE=$ENGINE/hosts.$name
                export KONG_DNS_HOSTSFILE
                address=${2##*:}
                [ "$address" = host-gateway ] && address=127.0.0.1
                echo "$address ${2%:*}" >>"$KONG_DNS_HOSTSFILE"
                ;;
            --publish)
                inside=${2##*:}
                echo "s#0.0.0.0:$inside#${2%:*}#" >>"$paths"
                ;;
            --volume)
                pair=${2%:ro}
                echo "s#^${pair#*:}#${pair%%:*}#" >>"$paths"
                ;;
            --pull | --network) ;;
            *) break ;;
        esac
        shift 2
    done
    image=$1
    shift
    case $image in
        *taken*) echo "Bind for 127.0.0.1 failed: port is already allocated" >&2 && exit 125 ;;
    esac
    [ -e "$images/$(file "$image")" ] || { echo "no such image" >&2 && exit 125; }
    for argument; do
        set -- "$@" "$(printf %s "$argument" | sed -f "$paths")"
        shift
    done
    "$TOUCHSTONE" gateway "$@" &
    echo "$! $image" >"$containers/$name"
    wait "$!"
    code=$?
    rm -f "$containers/$name"
    exit "$code"
}

case $1 in
    version) [ ! -e "$ENGINE/down" ] || { echo "Cannot connect to the engine" >&2 && exit 1; } ;;
    image) [ -e "$images/$(file "$3")" ] ;;
    pull)
        case $2 in
            *missing*) echo "manifest for $2 not found" >&2 && exit 1 ;;
        esac
        : >"$images/$(file "$2")"
        ;;
    kill)
        read -r process image <"$containers/$4" || exit 1
        case $3$image in
            TERM*stubborn*) ;;
            *) kill -s "$3" "$process" ;;
        esac
        ;;
    rm)
        read -r process image <"$containers/$3" || exit 1
        kill -s KILL "$process"
        rm -f "$containers/$3"
        ;;
    run)
        shift
        run "$@"
        ;;
    *) exit 64 ;;
esac
