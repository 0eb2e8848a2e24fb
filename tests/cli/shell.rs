//! Help, manual pages, completions, colour: what a shell and its user see of the program itself.

use super::bench::{Bench, bare, run};

const COMMANDS: [&str; 12] = [
    "list",
    "show",
    "create",
    "temporary",
    "edit",
    "delete",
    "scopes",
    "usage",
    "lint",
    "inspect",
    "check-url",
    "sandbox",
];

#[test]
fn every_commands_help_starts_with_what_it_does_and_examples() {
    for command in COMMANDS {
        let help = run(bare(&[command, "--help"]), "").ok().out;
        let (examples, usage) = (help.find("Examples:").expect(command), help.find("Usage:").expect(command));
        assert!(examples < usage, "{command}: {help}");
        assert!(help.contains(&format!("jeton {command}")), "{help}");
    }
    let help = run(bare(&["--help"]), "").ok().out;
    assert!(
        COMMANDS.iter().all(|command| help.contains(command))
            && help.contains("Exit codes:")
            && help.contains("Examples:")
    );
}

#[test]
fn help_is_a_command_as_well() {
    for command in COMMANDS {
        assert_eq!(
            run(bare(&["help", command]), "").ok().out,
            run(bare(&[command, "--help"]), "").ok().out,
            "{command}"
        );
    }
    assert_eq!(run(bare(&["help"]), "").ok().out, run(bare(&["--help"]), "").ok().out);
    let unknown = run(bare(&["help", "lsit"]), "");
    assert!(unknown.code == 2 && unknown.err.contains("jeton list"), "{unknown:?}");
}

#[test]
fn the_version_is_the_same_however_it_is_asked_for() {
    let version = format!("jeton {}\n", env!("CARGO_PKG_VERSION"));
    for words in [&["--version"] as &[&str], &["-V"], &["--version", "--no-input"], &["--json", "--version"]] {
        assert_eq!(run(bare(words), "").ok().out, version, "{words:?}");
    }
}

#[test]
fn manual_pages_come_one_by_one_or_all_together() {
    let page = run(bare(&["man"]), "").ok().out;
    assert!(page.contains(".TH jeton 1"), "{page}");
    assert!(run(bare(&["man", "check-url"]), "").ok().out.contains(".TH jeton-check-url 1"));
    assert_eq!(run(bare(&["man", "nonsense"]), "").code, 2);
    let directory = tempfile::tempdir().unwrap();
    run(bare(&["man", "--to", directory.path().join("man1").to_str().unwrap()]), "").ok();
    let written = std::fs::read_dir(directory.path().join("man1")).unwrap().count();
    assert!(written > COMMANDS.len());
}

#[test]
fn there_is_a_completion_script_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(bare(&["completions", shell]), "").ok().out;
        assert!(script.contains("jeton") && script.contains("JETON_COMPLETE"), "{shell}: {script}");
    }
    // In a file that zsh finds by itself the script answers at once.
    assert!(run(bare(&["completions", "zsh"]), "").ok().out.contains("if [[ $funcstack[1] == _jeton ]]"));
    assert_eq!(run(bare(&["completions", "tcsh"]), "").code, 2);
}

#[test]
fn names_and_ids_of_tokens_seen_before_complete_without_a_server() {
    let bench = Bench::demo(0);
    let id = bench.make("Quay map", "styles:read");
    bench.run(&["list"]).ok();
    // As the scripts for fish and bash ask.
    let complete = |shell: &str, typed: &str, index: &str| {
        let mut command = bare(&["--", "jeton", "show", typed]);
        command.env("JETON_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        command.env("JETON_CACHE_DIR", bench.state.path().join("cache"));
        run(command, "").ok().out
    };
    assert!(complete("fish", "Quay", "2").contains("Quay map"), "{}", complete("fish", "Quay", "2"));
    assert!(complete("bash", "Quay", "2").contains("Quay\\ map"), "{}", complete("bash", "Quay", "2"));
    assert!(complete("fish", &id[..8], "2").contains(&id));
    assert!(complete("fish", "Zebra", "2").trim().is_empty());
}

#[test]
fn commands_accounts_scopes_rules_and_filter_words_complete() {
    let bench = Bench::demo(0);
    let token = bench.sandbox.token().expose().to_owned();
    bench.feed(&["login", "workshop", "--keep", "plain", "--yes"], &token).ok();
    for (words, expected) in [
        (&["li"] as &[&str], &["list", "lint"] as &[&str]),
        (&["list", "--usage", ""], &["pk", "sk"]),
        (&["--account", "wo"], &["workshop"]),
        (&["accounts", "use", ""], &["workshop"]),
        (&["logout", "w"], &["workshop"]),
        (&["create", "--scope", "styles:"], &["styles:read", "styles:tiles"]),
        (&["create", "--scope", "fonts:read,styles:r"], &["fonts:read,styles:read"]),
        (&["edit", "x", "--add-scope", "fonts"], &["fonts:read"]),
        (&["lint", "--rule", "wild"], &["wildcard-url"]),
        (&["list", "--filter", "un"], &["unused:"]),
    ] {
        let mut command = bare(&[&["--", "jeton"], words].concat());
        command.env("JETON_COMPLETE", "fish").env("JETON_CONFIG_DIR", bench.state.path().join("config"));
        let out = run(command, "").ok().out;
        let offered: Vec<&str> = out.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(expected.iter().all(|word| offered.contains(word)), "{words:?}: {out}");
    }
}

#[test]
fn colour_is_used_when_told_to_and_never_into_a_pipe_by_itself() {
    let bench = Bench::demo(0);
    let escapes = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = bench.command(arguments);
        command.envs(variable);
        run(command, "").ok().out.contains('\u{1b}')
    };
    assert!(!escapes(&["list"], None));
    assert!(escapes(&["list", "--color", "always"], None));
    assert!(escapes(&["list"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!escapes(&["list", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(escapes(&["list", "--color", "always"], Some(("NO_COLOR", "1"))), "the option is the last word");
    assert!(!escapes(&["list", "--json", "--color", "always"], None));
}

#[test]
fn a_health_check_says_whether_a_sandbox_answers_at_an_address() {
    let bench = Bench::empty();
    let address = bench.sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let check = |address: &str| run(bare(&["sandbox", "--health", "--listen", address, "--json"]), "");
    assert_eq!(check(&address).code, 0);
    // As in a container, where it listens on every address.
    assert_eq!(check(&address.replace("127.0.0.1", "0.0.0.0")).code, 0);
    bench.sandbox.stop();
    let ran = check(&address);
    assert_eq!((ran.code, ran.failure().as_str()), (5, "unreachable"), "{ran:?}");

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _gone = std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\nsomething else");
    });
    assert_eq!(check(&address).code, 5);
}
