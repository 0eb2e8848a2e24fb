//! [`Wire`]: a connection that can be cut after a number of bytes.

use std::{
    cell::Cell,
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// How many more bytes may be sent; `None` for as many as there are. Set when a response is about to be written.
pub type Limit = Rc<Cell<Option<usize>>>;

/// A connection with a [`Limit`]; at its end, writing fails and the server closes the connection.
pub struct Wire {
    stream: TcpStream,
    limit: Limit,
}

impl Wire {
    /// Wraps a connection.
    pub fn new(stream: TcpStream, limit: Limit) -> Self {
        Self { stream, limit }
    }

    /// Writes no more than what is left.
    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8], left: usize) -> Poll<io::Result<usize>> {
        if left == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let allowed = bytes.get(..left).unwrap_or(bytes);
        let written = Pin::new(&mut self.stream).poll_write(context, allowed);
        if let Poll::Ready(Ok(count)) = written {
            self.limit.set(Some(left - count));
        }
        written
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.limit.get() {
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
            Some(left) => self.write(context, bytes, left),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.limit.get() {
            None => Pin::new(&mut self.stream).poll_write_vectored(context, parts),
            Some(left) => {
                let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
                self.write(context, first, left)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
