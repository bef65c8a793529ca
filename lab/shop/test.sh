#!/usr/bin/env bash
# Runs the tests of every part whose tools are here, in a copy, so that nothing
# is left behind. Names of parts as arguments run only those. Fails if one fails.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'chmod -R u+w "$copy"; rm -rf "$copy"' EXIT
cp -R "$here/." "$copy"

passed=0 failed=0 skipped=0
wanted=("$@")

# part NAME FOLDER TOOLS COMMAND
part() {
    local name=$1 folder=$2 tools=$3 command=$4 tool
    if ((${#wanted[@]})) && [[ " ${wanted[*]} " != *" $name "* ]]; then
        return
    fi
    for tool in $tools; do
        if ! command -v "$tool" >/dev/null; then
            echo "skip  $name: no $tool here"
            skipped=$((skipped + 1))
            return
        fi
    done
    if (cd "$copy/$folder" && eval "$command") >"$copy/$name.log" 2>&1; then
        echo "pass  $name"
        passed=$((passed + 1))
    else
        echo "FAIL  $name"
        sed 's/^/      /' "$copy/$name.log" | tail -60
        failed=$((failed + 1))
    fi
}

part kit libs/kit go 'go vet ./... && go test ./...'
part gateway gateway go 'go vet ./... && go test ./...'
part mailer mailer go 'go vet ./... && go test ./...'
part identity identity 'java mvn' 'mvn -B -q test'
part orders orders python3 'python3 -m venv .venv && .venv/bin/pip install -q -r requirements-test.txt && .venv/bin/python -m pytest -q'
part catalogue catalogue 'node npm' 'npm exec --yes -- pnpm@9.8.0 install --frozen-lockfile && npm exec --yes -- pnpm@9.8.0 test'
part billing billing dotnet 'dotnet test tests/Billing.Tests.csproj'
part storefront storefront 'node npm' 'npm test'

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
