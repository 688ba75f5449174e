//! Commands that change tables, as event triggers see them: what PostgreSQL parsed, in safe words.

use super::table::Against;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_char};

/// A command that may change the names or the rows that a binding has.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// A table gets another name or schema, or a column of it another name.
    Table(Oid),
    /// A schema of this name gets another.
    Schema(String),
    /// A value of an enum gets another name.
    Label,
    /// A table gets or loses a partition, and its rows with it; or all its rows get values of another type. And
    /// against whom the command locks it.
    Rows(Oid, Against),
    /// A table loses a partition, by two transactions.
    DetachConcurrently(Oid),
    /// A table loses columns, with all that depends on them.
    Columns(Oid),
    /// A table gets a new partition, with no rows yet.
    EmptyPartition(Oid),
    /// These partitions are dropped.
    Drop(Vec<Oid>),
    /// Something is dropped with all that belongs to it; only PostgreSQL knows what that is.
    DropWithAll,
}

/// One call of an event trigger.
pub struct CommandCall<'a>(pub(super) &'a pg_sys::EventTriggerData);

impl CommandCall<'_> {
    /// Whether the command is still to run; else it has run.
    pub fn is_before(&self) -> bool {
        // SAFETY: a constant C string of PostgreSQL's.
        let event = unsafe { CStr::from_ptr(self.0.event) };
        event == c"ddl_command_start"
    }

    /// The command, if it is one of those. Once it has run, tables that it renamed are not found any more.
    pub fn command(&self) -> Option<Command> {
        // SAFETY: PostgreSQL keeps the parsed command for the length of the call; each node is read as what its tag says.
        unsafe {
            let node = self.0.parsetree;
            match (*node).type_ {
                pg_sys::NodeTag::T_RenameStmt => rename(&*node.cast()),
                pg_sys::NodeTag::T_AlterObjectSchemaStmt => {
                    let statement: &pg_sys::AlterObjectSchemaStmt = &*node.cast();
                    (statement.objectType == pg_sys::ObjectType::OBJECT_TABLE)
                        .then(|| Command::Table(find(statement.relation)))
                }
                pg_sys::NodeTag::T_AlterEnumStmt => {
                    let statement: &pg_sys::AlterEnumStmt = &*node.cast();
                    (!statement.oldVal.is_null()).then_some(Command::Label)
                }
                pg_sys::NodeTag::T_AlterTableStmt => alter(&*node.cast()),
                pg_sys::NodeTag::T_CreateStmt => {
                    let statement: &pg_sys::CreateStmt = &*node.cast();
                    let parent = nodes(statement.inhRelations).next();
                    (!statement.partbound.is_null()).then_some(Command::EmptyPartition(find(parent?)))
                }
                pg_sys::NodeTag::T_DropStmt => drop_of(&*node.cast()),
                pg_sys::NodeTag::T_DropOwnedStmt => Some(Command::DropWithAll),
                _ => None,
            }
        }
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn rename(statement: &pg_sys::RenameStmt) -> Option<Command> {
    use pg_sys::ObjectType::{OBJECT_COLUMN, OBJECT_SCHEMA, OBJECT_TABLE};
    // SAFETY: as above.
    unsafe {
        match statement.renameType {
            OBJECT_TABLE | OBJECT_COLUMN if !statement.relation.is_null() => {
                Some(Command::Table(find(statement.relation)))
            }
            OBJECT_SCHEMA => Some(Command::Schema(text(statement.subname))),
            _ => None,
        }
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn alter(statement: &pg_sys::AlterTableStmt) -> Option<Command> {
    use pg_sys::AlterTableType as Part;
    // SAFETY: as above; the list is of AlterTableCmd, whose definition is of the kind that its subtype says.
    unsafe {
        let changes = |part: *mut pg_sys::AlterTableCmd| match (*part).subtype {
            Part::AT_AttachPartition => Some(Against::Writers),
            Part::AT_DetachPartition | Part::AT_DetachPartitionFinalize | Part::AT_AlterColumnType => {
                Some(Against::All)
            }
            // A generated column's values are computed anew; a type would be refused where a trigger's WHEN names the column.
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            Part::AT_SetExpression => Some(Against::All),
            _ => None,
        };
        let is_concurrent = |part: *mut pg_sys::AlterTableCmd| {
            (*part).subtype == Part::AT_DetachPartition && (*(*part).def.cast::<pg_sys::PartitionCmd>()).concurrent
        };
        if nodes(statement.cmds).any(is_concurrent) {
            return Some(Command::DetachConcurrently(find(statement.relation)));
        }
        let drops = |part: *mut pg_sys::AlterTableCmd| {
            (*part).subtype == Part::AT_DropColumn && (*part).behavior == pg_sys::DropBehavior::DROP_CASCADE
        };
        if let Some(against) = nodes(statement.cmds).find_map(changes) {
            return Some(Command::Rows(find(statement.relation), against));
        }
        nodes(statement.cmds)
            .any(drops)
            .then(|| Command::Columns(find(statement.relation)))
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn drop_of(statement: &pg_sys::DropStmt) -> Option<Command> {
    match statement.removeType {
        pg_sys::ObjectType::OBJECT_SCHEMA => Some(Command::DropWithAll),
        pg_sys::ObjectType::OBJECT_TABLE => {
            // SAFETY: as above; a list of names, each a list of strings.
            let tables = unsafe {
                nodes(statement.objects)
                    .map(|name| find(pg_sys::makeRangeVarFromNameList(name)))
                    .collect::<Vec<_>>()
            };
            // SAFETY: looks each up in the system caches; an invalid OID is in none.
            let is_partition = |table: &Oid| unsafe { pg_sys::get_rel_relispartition(*table) };
            let partitions: Vec<Oid> = tables.into_iter().filter(is_partition).collect();
            Some(Command::Drop(partitions))
        }
        // A partition goes with the function, or the type, that its own partition key names.
        _ if statement.behavior == pg_sys::DropBehavior::DROP_CASCADE => Some(Command::DropWithAll),
        _ => None,
    }
}

/// The table that the command means, by the search path; an invalid OID if there is none.
///
/// # Safety
/// The name must be whole, as the parser made it.
unsafe fn find(name: *mut pg_sys::RangeVar) -> Oid {
    let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
    // SAFETY: as above; without a lock nothing is called back.
    unsafe {
        pg_sys::RangeVarGetRelidExtended(
            name,
            pg_sys::NoLock.cast_signed(),
            missing_ok,
            None,
            std::ptr::null_mut(),
        )
    }
}

/// The nodes of a list. pgrx's own lists call functions that are no symbols of the server's.
///
/// # Safety
/// A list of nodes of this kind, or none, that lives as long as they are looked at.
unsafe fn nodes<'a, T>(list: *const pg_sys::List) -> impl Iterator<Item = *mut T> + 'a
where
    T: 'a,
{
    // SAFETY: as above; a list is an array of `length` cells.
    let cells = unsafe {
        list.as_ref().map_or(&[][..], |list| {
            std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or_default())
        })
    };
    // SAFETY: as above.
    cells.iter().map(|cell| unsafe { cell.ptr_value }.cast())
}

/// # Safety
/// A C string.
unsafe fn text(string: *const c_char) -> String {
    // SAFETY: as above.
    unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned()
}
