
# Which containers there are is asked for while somebody types.
_furnace_or_names() {
    local IFS=$' \t\n' typed=${COMP_WORDS[COMP_CWORD]}
    [[ $typed == "=" ]] && typed=
    COMPREPLY=($(compgen -W "$(command furnace complete-name -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)" -- "$typed"))
    [[ ${#COMPREPLY[@]} -gt 0 ]] || _furnace "$@"
}

