//! [`Environment`]: what matters to a clipboard about the place jeton runs in, and the pure choice that follows.
//!
//! Variables lie: inside tmux `SSH_CONNECTION` is that of whoever started the server, maybe days ago. So tmux itself is
//! asked, which keeps the variable of the client that attached last.

use std::{ffi::OsString, time::Duration};

use super::{Way, run};

/// What kind of desktop clipboard may be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Desktop {
    /// None.
    #[default]
    None,
    /// One that arboard can reach: X11, macOS, Windows.
    Native,
    /// A Wayland compositor, which arboard may reach or not.
    Wayland,
}

/// Where we run. All fields are public so that a test can describe a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The user's own choice (`JETON_CLIPBOARD`): `native`, `wayland`, `tmux` or `osc52`.
    pub insists: Option<Way>,
    /// Inside tmux.
    pub tmux: bool,
    /// The user sits on the other end of an SSH connection.
    pub ssh: bool,
    /// Inside GNU screen, which passes sequences on in small pieces only.
    pub screen: bool,
    /// On the Linux console, which ignores OSC 52.
    pub console: bool,
    /// The desktop, if any. Over SSH it may be X forwarding, which does reach the user.
    pub desktop: Desktop,
    /// Additional variables for the programs that are started.
    pub variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// Looks around. `variable` reads the environment.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let tmux = is_set("TMUX");
        let ssh = if tmux { asked_tmux() } else { None };
        let desktop = if cfg!(any(target_os = "macos", windows)) {
            Desktop::Native
        } else if is_set("WAYLAND_DISPLAY") {
            Desktop::Wayland
        } else if is_set("DISPLAY") {
            Desktop::Native
        } else {
            Desktop::None
        };
        Self {
            insists: variable("JETON_CLIPBOARD").and_then(|name| match name.as_str() {
                "native" => Some(Way::Native),
                "wayland" => Some(Way::Wayland),
                "tmux" => Some(Way::Tmux),
                "osc52" => Some(Way::Osc52),
                _ => None,
            }),
            tmux,
            ssh: ssh.unwrap_or_else(|| is_set("SSH_CONNECTION") || is_set("SSH_TTY")),
            screen: is_set("STY"),
            console: variable("TERM").is_some_and(|term| term == "linux"),
            desktop,
            variables: Vec::new(),
        }
    }

    /// The ways that may work, the preferred one first.
    pub fn sources(&self) -> Vec<Way> {
        let mut sources: Vec<Way> = self.insists.into_iter().collect();
        let desktop: &[Way] = match self.desktop {
            Desktop::None => &[],
            Desktop::Native => &[Way::Native],
            Desktop::Wayland => &[Way::Native, Way::Wayland],
        };
        if self.tmux {
            sources.push(Way::Tmux);
        }
        if self.ssh {
            sources.push(Way::Osc52);
            sources.extend(desktop);
        } else {
            sources.extend(desktop);
            if !self.console {
                sources.push(Way::Osc52);
            }
        }
        let mut seen = Vec::new();
        sources.retain(|way| {
            !seen.contains(way) && {
                seen.push(*way);
                true
            }
        });
        sources
    }
}

/// Whether the client that looks at this tmux session came by SSH; `None` when tmux does not answer.
fn asked_tmux() -> Option<bool> {
    let answer = run::run("tmux", &["show-environment", "SSH_CONNECTION"], &[], None, Duration::from_secs(1)).ok()?;
    // `-SSH_CONNECTION` and an error both mean that it is not set.
    Some(answer.output.starts_with(b"SSH_CONNECTION="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmux_comes_first_then_what_reaches_the_person() {
        let (desktop, place) = (Desktop::Native, Environment::default);
        for (environment, sources) in [
            (Environment { tmux: true, desktop, ..place() }, vec![Way::Tmux, Way::Native, Way::Osc52]),
            (Environment { tmux: true, ssh: true, desktop, ..place() }, vec![Way::Tmux, Way::Osc52, Way::Native]),
            (Environment { ssh: true, desktop, ..place() }, vec![Way::Osc52, Way::Native]),
            (Environment { desktop, ..place() }, vec![Way::Native, Way::Osc52]),
            (Environment { desktop: Desktop::Wayland, ..place() }, vec![Way::Native, Way::Wayland, Way::Osc52]),
            (place(), vec![Way::Osc52]),
            (Environment { console: true, ..place() }, vec![]),
        ] {
            assert_eq!(environment.sources(), sources, "{environment:?}");
        }
    }

    #[test]
    fn the_persons_choice_beats_all_and_is_not_listed_twice() {
        let environment = Environment { insists: Some(Way::Osc52), desktop: Desktop::Native, ..Environment::default() };
        assert_eq!(environment.sources(), [Way::Osc52, Way::Native]);
    }

    #[test]
    fn the_variables_are_read() {
        let variables = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let detected = Environment::detect(variables(&[("SSH_CONNECTION", "a b c d"), ("STY", "1.pts"), ("TMUX", "")]));
        assert!(detected.ssh && detected.screen && !detected.tmux && !detected.console);
        let detected = Environment::detect(variables(&[("TERM", "linux"), ("JETON_CLIPBOARD", "osc52")]));
        assert!(detected.console && detected.insists == Some(Way::Osc52));
    }
}
