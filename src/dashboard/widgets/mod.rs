//! Widgets: small pieces that draw what they are given and know nothing of tokens, requests or modals around them.

pub mod chart;
pub mod dialog;
pub mod list_cursor;
pub mod paint;
pub mod qr;
pub mod scope_picker;
pub mod secret_field;
pub mod text_field;
