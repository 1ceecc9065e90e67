//! Reading the host's tables: a member is there only where the table's size says so.

/// Returns a function of a table, or `None` where the table is too short for it or does not have it.
///
/// # Safety
///
/// The pointer is one to a table of this type, of at least the size that it says.
macro_rules! member {
    ($table:expr, $type:ty, $member:ident) => {{
        let table: *const $type = $table;
        let end = std::mem::offset_of!($type, $member) + size_of::<usize>();
        if (*table).struct_size as usize >= end { (*table).$member } else { None }
    }};
}

pub(crate) use member;
