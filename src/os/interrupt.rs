//! [`Interrupt`]: Ctrl-C and other requests to end, as an event.
//!
//! Invariants: from the moment it exists, such a request no longer ends the process.

use std::io;

/// Listens for requests to end.
pub struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
}

impl Interrupt {
    /// Starts to listen. To be called within a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses: then such a request ends the process, as it always does.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            let [int, term, hup] = kinds.map(signal);
            Ok(Self { signals: [int?, term?, hup?] })
        }
        #[cfg(windows)]
        {
            Ok(Self { ctrl_c: tokio::signal::windows::ctrl_c()? })
        }
    }

    /// Ends when one has come since the last call.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [int, term, hup] = &mut self.signals;
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
                _ = hup.recv() => {}
            }
        }
        #[cfg(windows)]
        {
            let _ = self.ctrl_c.recv().await;
        }
    }
}
