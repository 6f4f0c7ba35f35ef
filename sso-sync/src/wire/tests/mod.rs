//! Messages as they are sent, and what is refused.

mod messages;
mod requests;
