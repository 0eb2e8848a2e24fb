//! [`Edit`]: what a client wants done with one field.

/// A field that may be left alone (not sent), emptied (sent as `null`), or set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Not sent.
    #[default]
    Keep,
    /// Sent as `null`.
    Clear,
    /// Sent.
    Set(T),
}

impl<T> Edit<T> {
    /// Whether the field was sent.
    pub fn is_sent(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// Whether the field gets a value.
    pub fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }

    /// The new value, where there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl Edit<String> {
    /// The same, borrowed.
    pub fn as_deref(&self) -> Edit<&str> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(value),
        }
    }
}
