//! The dashboard of the real program on a pseudo-terminal, and a person who makes a secret token in it.

use portable_pty::CommandBuilder;

use super::{
    pty::Pty,
    rig::{Rig, program},
};

/// What is typed to make a secret token and to have its value shown, each with what to wait for before.
pub const KEYS: [(&str, &str); 5] = [
    ("Default public token", "n"),
    ("Create token", "leaky\t/"),
    // With the list of scopes to be narrowed down.
    ("Secret picking any of these", "uploads:write\r \x13"),
    ("only time you can see this secret token", "v"),
    ("sk.eyJ", ""),
];

/// The dashboard, started.
pub fn dashboard(rig: &Rig) -> Pty {
    let mut command = CommandBuilder::new(program());
    command.env_clear();
    for (name, value) in rig.jeton([""; 0]).get_envs() {
        command.env(name, value.expect("set"));
    }
    command.cwd(rig.home.path());
    Pty::start(command, 120, 40)
}

/// Makes a secret token in the dashboard and shows its value; the value as the screen has it.
pub fn reveal(pty: &mut Pty) -> String {
    for (wanted, keys) in KEYS {
        pty.wait_for_text(wanted);
        pty.send(keys);
    }
    let mut value = None;
    pty.wait_for("the whole value", |screen| {
        value = value_in(&screen.contents());
        value.is_some()
    });
    value.expect("waited for")
}

/// The secret token's value on a screen, if all of it is there.
pub fn value_in(screen: &str) -> Option<String> {
    // It may go over two lines of its card.
    let text: String =
        screen.lines().map(|line| line.trim().trim_matches(['│', '|']).trim()).collect::<Vec<_>>().join("");
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut value: String = text[text.find("sk.eyJ")?..].chars().take_while(is_part).collect();
    // Payloads say where they end, signatures have 22 characters.
    let end = value.rfind('.')? + 1 + 22;
    (value.matches('.').count() == 2 && value.len() >= end).then(|| {
        value.truncate(end);
        value
    })
}
