#!/bin/sh
# A driver for Armadio: the machine's load over one minute, five and fifteen. POSIX shell alone.
#
# It has all of its points in every answer, so it needs nothing of a request but its id.

# The number behind "id": in a line; the gateway writes it without blanks.
id_of() {
    tail=${1#*\"id\":}
    printf '%s' "${tail%%[!0-9]*}"
}

while IFS= read -r line; do
    case $line in
    *'"op":"describe"'*)
        echo '{"op":"described","protocol":1,"points":{"load-1":{},"load-5":{},"load-15":{}}}'
        ;;
    *'"op":"poll"'*)
        id=$(id_of "$line")
        if read -r one five fifteen rest </proc/loadavg; then
            printf '{"op":"polled","id":%s,"readings":[{"point":"load-1","value":%s},' "$id" "$one"
            printf '{"point":"load-5","value":%s},{"point":"load-15","value":%s}]}\n' "$five" "$fifteen"
        else
            printf '{"op":"failed","id":%s,"reason":"/proc/loadavg cannot be read"}\n' "$id"
        fi
        ;;
    *'"op":"write"'*)
        printf '{"op":"failed","id":%s,"reason":"a load cannot be written"}\n' "$(id_of "$line")"
        ;;
    esac
done
