//! The sandbox over raw HTTP: what the documentation of the Tokens API says, row by row, and what a server must
//! survive.

mod account_page;
mod durable;
mod errors;
mod faults;
mod hostile;
mod http;
mod resources;
mod tokens;
