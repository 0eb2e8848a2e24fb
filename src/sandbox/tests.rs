//! The handle: starting and stopping. What the running sandbox answers is in `tests/sandbox*.rs`.

use super::*;

#[test]
fn a_remote_address_needs_to_be_asked_for() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(matches!(Sandbox::start(options), Err(StartError::Remote(_))));
}

#[test]
fn a_taken_port_is_named() {
    let first = Sandbox::start(Options::default()).unwrap();
    let address: SocketAddr = first.url().strip_prefix("http://").unwrap().parse().unwrap();
    let error = Sandbox::start(Options { listen: address, ..Options::default() }).err().unwrap();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[test]
fn a_name_that_cannot_stand_in_a_path_is_refused() {
    for name in ["", "Ada", "a/b", "-a", "a b", "ä", &"a".repeat(33)] {
        let options = Options { users: vec![name.to_owned()], ..Options::default() };
        assert!(matches!(Sandbox::start(options), Err(StartError::Username(_))), "{name:?}");
    }
}

#[test]
fn after_stopping_nobody_listens() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let address: SocketAddr = sandbox.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(address).is_ok());
    sandbox.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
}
