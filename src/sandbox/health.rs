//! [`check`]: whether a sandbox answers, for the health check of a container that holds nothing but `jeton`.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long connecting and each read may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest answer read.
const LONGEST: u64 = 64 << 10;

/// Why a sandbox is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nothing answers there.
    #[error("no answer from {0}: {1}")]
    Silent(SocketAddr, io::Error),
    /// Something answers, and not as a sandbox in good order does.
    #[error("{0} is not a healthy sandbox; its answer: {1}")]
    Other(SocketAddr, String),
}

/// Asks the sandbox that listens on an address what it is. One that listens on every address of its machine is asked on the loopback one.
pub fn check(listens: SocketAddr) -> Result<(), Unhealthy> {
    let mut address = listens;
    match address.ip() {
        ip if !ip.is_unspecified() => {}
        ip if ip.is_ipv4() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        _ => address.set_ip(Ipv6Addr::LOCALHOST.into()),
    }
    let answer = ask(address).map_err(|error| Unhealthy::Silent(address, error))?;
    if answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"jeton sandbox\"") {
        Ok(())
    } else {
        Err(Unhealthy::Other(address, answer.lines().next().unwrap_or_default().chars().take(80).collect()))
    }
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /sandbox/v1 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
