#compdef patchlab
# patchlab's words for zsh: source <(patchlab completion zsh)
_patchlab() {
	local -a commands
	commands=(
@COMMANDS@
	)
	if ((CURRENT == 2)); then
		_describe command commands
		return
	fi
	local command=$words[2]
	shift words
	((CURRENT--))
	case $command in
@FLAGS@
	esac
}
compdef _patchlab patchlab
