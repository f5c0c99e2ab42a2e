# Which containers there are is asked for while somebody types.
functions[_furnace_of_options]=$functions[_furnace]
_furnace() {
    local -a names
    names=(${(f)"$(command furnace complete-name -- "${(@)words[1,CURRENT]}" 2>/dev/null)"})
    if (( $#names )); then
        compadd -a names
    else
        _furnace_of_options "$@"
    fi
}

