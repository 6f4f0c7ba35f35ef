//! The routes, one file each, and what surrounds them.

mod answer;
mod parameters;
mod refusal;
