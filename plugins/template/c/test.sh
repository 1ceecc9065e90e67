#!/bin/sh
# Builds the plugin, has it checked, and tries its function. RPS names another `rps` than the one in the path.
set -eu
cd "$(dirname "$0")"
rps=${RPS:-rps}

"$rps" plugin build
for library in dist/*.so dist/*.dylib; do
    [ ! -f "$library" ] || "$rps" plugin check "$library"
done

greeting=$("$rps" --plugin-path dist -e 'sample_plugin_greet("world")')
if [ "$greeting" != '"Hello, world!"' ]; then
    echo "sample_plugin_greet gave $greeting" >&2
    exit 1
fi
echo "all is well"
