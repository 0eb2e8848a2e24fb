//! The kernel's keyring: keys of the type `user`, in the user's persistent keyring where the kernel has those, else in the user
//! keyring (which may go with the last process of the user).
//!
//! Invariants: a key that others can find has its time limit and its permissions already. It is made in a keyring of
//! this thread alone, limited, and only then linked to where it is looked for. So no crash leaves one that stays for ever.

use std::time::Duration;

use linux_keyutils::{Key, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

use crate::os::failpoint::reached;

/// Longest key the kernel takes (`user_preparse` in its `user_defined.c`).
const LONGEST: usize = 32_767;

fn description(name: &str) -> String {
    format!("jeton:{name}")
}

/// Keeps an answer; `false` when that is not possible here (no keyring, forbidden, over the quota, too long).
pub fn keep(name: &str, answer: &[u8], limit: Duration) -> bool {
    place(&description(name), answer, limit).is_some() && find(name).is_some_and(|copy| *copy == answer)
}

fn place(description: &str, answer: &[u8], limit: Duration) -> Option<()> {
    let own = KeyRing::from_special_id(KeyRingIdentifier::Thread, true).ok()?;
    let key = own.add_key(description, answer).ok()?;
    reached("escrow: a key of this thread has it");
    key.set_timeout(limit.as_secs() as usize).ok()?;
    // Whoever has the key, and every process of this user; nobody else.
    let owner = KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(Permission::ALL).build();
    key.set_perms(owner).ok()?;
    reached("escrow: the key is limited");
    let shared = rings().into_iter().find(|ring| ring.link_key(key).is_ok());
    // This thread lives on, and with it its keyring.
    let _not_linked = own.unlink_key(key);
    shared.map(drop)
}

/// The answer kept under a name.
pub fn find(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; LONGEST]);
    let length = key(name)?.read(&mut *buffer).ok()?;
    Some(Zeroizing::new(buffer.get(..length)?.to_vec()))
}

/// Starts the time limit anew; `false` where there is no such key, or none any longer.
pub fn renew(name: &str, limit: Duration) -> bool {
    key(name).is_some_and(|key| key.set_timeout(limit.as_secs() as usize).is_ok())
}

/// Destroys a key; the kernel overwrites it.
pub fn forget(name: &str) {
    // Once for each keyring it could be in.
    for _ in 0..2 {
        let Some(key) = key(name) else { return };
        // What fails is seen by whoever looks afterwards.
        let _refused = key.invalidate().or_else(|_| key.revoke());
        for ring in rings() {
            let _not_in_this_one = ring.unlink_key(key);
        }
    }
}

fn key(name: &str) -> Option<Key> {
    rings().into_iter().find_map(|ring| ring.search(&description(name)).ok())
}

/// Where keys are looked for, the better place first.
fn rings() -> Vec<KeyRing> {
    let persistent = KeyRing::get_persistent(KeyRingIdentifier::Thread);
    let user = KeyRing::from_special_id(KeyRingIdentifier::User, true);
    persistent.into_iter().chain(user).collect()
}
