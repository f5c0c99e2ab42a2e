
# Which containers there are is asked for while somebody types.
function __fish_furnace_names
    command furnace complete-name -- (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c furnace -n "__fish_furnace_names | string length -q" -f -a "(__fish_furnace_names)"
complete -c furnace -n "__fish_furnace_using_subcommand shell" -l in -r -f -a "(__fish_furnace_names)"
