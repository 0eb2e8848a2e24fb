# What clap prints for bash, and more: readline splits words at the marks in COMP_WORDBREAKS, among them the colon of every scope. Here
# they are joined again before jeton is asked, and what readline does not replace is taken off the answers.
_jeton() {
    local words=() index=0 prefix= line=$COMP_LINE part rest i
    for (( i = 0; i < ${#COMP_WORDS[@]}; i++ )); do
        part=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        if (( i == 0 )) || [[ $rest != "$line" ]]; then
            words+=("")
        fi
        if (( i == COMP_CWORD )); then
            index=$(( ${#words[@]} - 1 ))
            prefix=${words[index]}
            if [[ -z $2 && $part == [:=]* ]]; then
                prefix+=$part
            fi
        fi
        words[${#words[@]}-1]+=$part
        line=${rest#"$part"}
    done
    words[index]=$prefix$2

    local IFS=$'\013'
    local space=true
    if compopt +o nospace 2> /dev/null; then
        space=false
    fi
    COMPREPLY=( $( \
        _CLAP_IFS="$IFS" \
        _CLAP_COMPLETE_INDEX="$index" \
        _CLAP_COMPLETE_COMP_TYPE="$COMP_TYPE" \
        _CLAP_COMPLETE_SPACE="$space" \
        JETON_COMPLETE=bash \
        jeton -- "${words[@]}" \
    ) )
    if [[ $? != 0 ]]; then
        unset COMPREPLY
        return
    fi
    if [[ $space == false && ${COMPREPLY-} =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}
    done
}
if (( BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4 )); then
    complete -o nospace -o bashdefault -o nosort -F _jeton jeton
else
    complete -o nospace -o bashdefault -F _jeton jeton
fi
