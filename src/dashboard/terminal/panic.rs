//! What happens on a panic: the terminal is given back, one line says where, and the process ends, whichever thread or
//! task it was. A panicking task would otherwise leave the loop drawing over a terminal that was just restored.

use std::{io::Write as _, panic::PanicHookInfo};

use crate::untrusted;

/// Installs the hook, for the whole process and for good.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        super::leave();
        // Standard error may be gone with the terminal; `eprintln!` would panic in here then.
        let _ = writeln!(std::io::stderr(), "{}", report(panic));
        std::process::exit(101);
    }));
}

fn report(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let payload = panic.payload();
    let message =
        payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!(
        "jeton {} crashed at {place}: {}\nPlease report this line. Token values were removed from it.",
        env!("CARGO_PKG_VERSION"),
        untrusted::shown(&without_tokens(message.unwrap_or("no message"))),
    )
}

/// The text with everything that looks like a token cut to its kind. What panics is by definition not what was foreseen,
/// so the message is not trusted to be free of them.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["pk.", "sk.", "tk."].iter().filter_map(|kind| rest.find(kind)).min() {
        let (before, token) = rest.split_at(at);
        let end = token
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-' | '~' | '%' | '+' | '/' | '='))
            .unwrap_or(token.len());
        let (token, after) = token.split_at(end);
        out.push_str(before);
        // `task.rs` is no token.
        if token.len() < 16 {
            out.push_str(token);
        } else {
            out.extend(token.chars().take(3));
            out.push('…');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cut_and_file_names_are_not() {
        let text =
            "GET /x?access_token=sk.eyJ1IjoiZmFrZSJ9.fakefakefake&a=1 failed in task.rs: (pk.eyJ1IjoiZmFrZSJ9.abc)";
        assert_eq!(without_tokens(text), "GET /x?access_token=sk.…&a=1 failed in task.rs: (pk.…)");
        assert_eq!(without_tokens("sk.sk.sk.fakefakefakefake"), "sk.…");
        assert_eq!(without_tokens("nothing here"), "nothing here");
    }
}
