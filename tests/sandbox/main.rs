//! The sandbox over raw HTTP: what the contract of the Tokens API says, row by row.

mod http;
mod tokens;
