
/*
 * Searches as SQL text with parameters: what the files that put them together
 * share (ngx_scim_store_sql.c, _filter.c, _filter_path.c, _filter_index.c,
 * _statement.c).  Nothing of nginx and of libpq, so that tests can print the
 * very statements that the module sends.
 */


#ifndef NGX_SCIM_STORE_SQL_H_INCLUDED
#define NGX_SCIM_STORE_SQL_H_INCLUDED


#include "scim_query.h"


/* columns of a resource, in the order that ngx_scim_store_rows() reads */
#define NGX_SCIM_STORE_COLUMNS(r)                                             \
    r ".id, " r ".version, " r ".created, " r ".modified, " r ".doc, "        \
    r ".members, " r ".type, " r ".groups, " r ".settled"

#define NGX_SCIM_STORE_NCOLUMNS  9

/* the last two of them, where a resource "r" is read: JSON of its groups, or
 * null when "want" (an SQL boolean) says so or it is in none; whether SCIM owns
 * the row, and may write it */
#define NGX_SCIM_STORE_GROUPS(r, want)                                        \
    "case when " want " and exists (select from ("                            \
            "select from scim.member gm"                                      \
            " where gm.tenant = " r ".tenant"                                 \
                  " and gm.member_id >= " r ".id"                             \
                  " and gm.member_id <= " r ".id"                             \
            " order by gm.member_id limit 1) gm)"                             \
    " then scim.user_groups(" r ".tenant, " r ".id) end as groups"

#define NGX_SCIM_STORE_SETTLED(r)                                             \
    r ".managed and not " r ".protected and " r ".self_writable as settled"

#define NGX_SCIM_STORE_VALUES     20     /* parameters of a statement */
#define NGX_SCIM_STORE_COMPARES   256    /* comparisons of a filter */
#define NGX_SCIM_STORE_DRIVERS    256    /* keys that lead to the rows */

/*
 * A condition by which an index is entered.  A range of one value, in the
 * order of the index: for an equality alone a plan that was made while the
 * tables were empty takes any index of the tenant, and keeps it.
 */
#define NGX_SCIM_STORE_AT(column, value)                                      \
    column " >= " value " and " column " <= " value

/*
 * The row "x" of scim.resource whose id is "id", deleted or not: of the indexes
 * that a row by its id can be found by, the others know only what is live.
 */
#define NGX_SCIM_STORE_ROW(id)                                                \
    " from scim.resource x"                                                   \
    " where x.tenant = $1::text and x.id = " id                               \
    " offset 0"


typedef enum {
    NGX_SCIM_STORE_VALUE_TEXT = 0,
    NGX_SCIM_STORE_VALUE_TEXTS,
    NGX_SCIM_STORE_VALUE_INT8,
    NGX_SCIM_STORE_VALUE_BOOL
} ngx_scim_store_value_e;


typedef struct {
    ngx_scim_store_value_e   type;
    scim_str_t               text;       /* data NULL: SQL null */
    scim_str_t              *list;
    size_t                   n;
    int64_t                  number;     /* and boolean */
} ngx_scim_store_value_t;


/* a page of a search; see ngx_scim_store_search_t */
typedef struct {
    scim_str_t               tenant;
    scim_str_t               base;
    const scim_view_t       *views;
    size_t                   nviews;
    int64_t                  start;
    int64_t                  count;
    int64_t                  total;      /* -1: to be counted */
    scim_str_t               after_key;
    scim_str_t               after_id;
    unsigned                 descending:1;
    unsigned                 cursor:1;
    unsigned                 first:1;
    unsigned                 groups:1;
} ngx_scim_store_page_t;


/*
 * A statement that is being put together.  $1 is the tenant, $2 whether groups
 * are wanted, $3 the literals of the filter; what follows is numbered as it
 * comes.
 */
typedef struct {
    scim_arena_t            *arena;
    scim_error_t            *err;
    scim_buf_t               b;

    ngx_scim_store_value_t   values[NGX_SCIM_STORE_VALUES];
    size_t                   n;
    scim_str_t               literals[NGX_SCIM_STORE_COMPARES];
    size_t                   nliterals;
    size_t                   leaves;

    scim_str_t               location;   /* URL; for meta.location */
    size_t                   base;       /* its parameter, 0: none yet */

    unsigned                 keyed:1;    /* all rows by unique keys, and few */
    unsigned                 counted:1;  /* rows tell the total */
} ngx_scim_store_sql_t;


/* what a filter is read for: a type, or the elements "e" of an attribute */
typedef struct {
    ngx_scim_store_sql_t        *sql;
    const scim_resource_type_t  *rtype;
    const scim_path_t           *parent;
} ngx_scim_store_scope_t;


/* how two values of an attribute compare */
typedef enum {
    NGX_SCIM_STORE_AS_FOLDED = 0,    /* by scim.fold() */
    NGX_SCIM_STORE_AS_KEY,           /* a column that was folded in C */
    NGX_SCIM_STORE_AS_EXACT,
    NGX_SCIM_STORE_AS_NUMBER,
    NGX_SCIM_STORE_AS_TIME,
    NGX_SCIM_STORE_AS_BOOLEAN
} ngx_scim_store_as_e;


typedef enum {
    NGX_SCIM_STORE_NO_INDEX = 0,
    NGX_SCIM_STORE_NO_ROWS,          /* nothing can match */
    NGX_SCIM_STORE_INDEX
} ngx_scim_store_index_e;


/* keys of one kind */
typedef struct ngx_scim_store_source_s  ngx_scim_store_source_t;

struct ngx_scim_store_source_s {
    unsigned                     kind;
    scim_str_t                   attr;       /* of scim.resource_key */
    scim_str_t                  *keys;
    scim_str_t                  *ends;       /* of ranges */
    size_t                       n;
    ngx_scim_store_source_t     *next;
};


typedef struct {
    ngx_scim_store_index_e       found;
    unsigned                     rank;       /* the less the better */
    size_t                       n;          /* keys in all */
    ngx_scim_store_source_t     *sources;
} ngx_scim_store_index_t;


/* a word of the text is a literal of C */
#define ngx_scim_store_put(s, text)  scim_buf_lit(&(s)->b, text)


/*
 * ngx_scim_store_sql.c
 */

void ngx_scim_store_quote(ngx_scim_store_sql_t *s, const scim_str_t *text);

/* ."name" of a path in jsonb, within quotes */
void ngx_scim_store_quote_member(ngx_scim_store_sql_t *s,
    const scim_str_t *name);

/* "$n" of a new parameter */
void ngx_scim_store_value(ngx_scim_store_sql_t *s,
    const ngx_scim_store_value_t *value);
void ngx_scim_store_value_int8(ngx_scim_store_sql_t *s, int64_t number);
void ngx_scim_store_value_text(ngx_scim_store_sql_t *s,
    const scim_str_t *text);
void ngx_scim_store_value_texts(ngx_scim_store_sql_t *s, scim_str_t *list,
    size_t n);

/* a literal's place in $3 */
void ngx_scim_store_literal(ngx_scim_store_sql_t *s, const scim_str_t *text);

/* the parameter of the base URL */
void ngx_scim_store_base(ngx_scim_store_sql_t *s);

/* the canonical form of a UUID; folded: letters of any case will do */
int ngx_scim_store_canonical(scim_arena_t *arena, const scim_str_t *text,
    int folded, scim_str_t *id);

int ngx_scim_store_common(const scim_path_t *path, const char *name);


/*
 * ngx_scim_store_filter.c
 */

/* the condition on row "r"; SCIM_ERROR with *s->err filled */
int ngx_scim_store_condition(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);


/*
 * ngx_scim_store_filter_path.c
 */

ngx_scim_store_as_e ngx_scim_store_path_as(
    const ngx_scim_store_scope_t *scope, const scim_path_t *path);

/* whether there can be several values: then the value is that of element "e" */
int ngx_scim_store_path_multi(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path);

/* the value; "present": an empty string is none */
void ngx_scim_store_path_value(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int present);

/* the elements, as e(e, n); "member": the only one that is looked for */
void ngx_scim_store_path_elements(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, const scim_str_t *member);

/* whether there is a value, never null */
void ngx_scim_store_path_present(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path);

/* users in the group, itself or through others: a list of ids */
void ngx_scim_store_path_closure(ngx_scim_store_sql_t *s);

/* the value that the row is sorted by, as "as" has it; text: whatever it is */
void ngx_scim_store_path_sort(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int text);

/* the attribute that is the type's name, when the column has its key */
int ngx_scim_store_path_name(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path);


/*
 * ngx_scim_store_filter_index.c
 */

int ngx_scim_store_index(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index);

/* the ids that the index leads to, as a query in parentheses */
void ngx_scim_store_index_rows(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_index_t *index);

/* path of an attribute as scim.resource_key has it; data NULL: not there */
int ngx_scim_store_index_attr(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, scim_str_t *attr);


/*
 * ngx_scim_store_statement.c
 */

/* the whole statement; SCIM_ERROR with *s->err filled */
int ngx_scim_store_statement(ngx_scim_store_sql_t *s,
    const ngx_scim_store_page_t *page);


#endif /* NGX_SCIM_STORE_SQL_H_INCLUDED */
