//! How much the hub does for one member or address at once.

mod bucket;
mod under_way;

pub(super) use bucket::{Limit, Limits};
pub(super) use under_way::{UnderWay, Work};
