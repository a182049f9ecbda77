# patchlab's words for bash: source <(patchlab completion bash)
_patchlab() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} flags=
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W '@COMMANDS@' -- "$word"))
		return
	fi
	case $before in
	-break)
		COMPREPLY=($(compgen -W '@BREAKS@' -- "$word"))
		return
		;;
	-model)
		COMPREPLY=($(compgen -W '@MODELS@' -- "$word"))
		return
		;;
	@VALUES@) return ;;
	esac
	case $command in
@FLAGS@
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$word"))
	elif [[ $command == completion ]]; then
		COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word"))
	elif [[ $command == help ]]; then
		COMPREPLY=($(compgen -W '@COMMANDS@ script example' -- "$word"))
	fi
}
complete -o default -F _patchlab patchlab
