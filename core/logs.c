/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/layout.h"
#include "util/error.h"
#include "util/text.h"

#define NAME_MAX_LENGTH 128

/* Files as the programs of dom0 name them; %s is the qube. */
static const struct logs_row {
    const char *label, *dir, *file;
} logs_rows[] = {
    { "guest console", "/var/log/xen/console", "guest-%s.log" },
    { "device model", "/var/log/xen/console", "guest-%s-dm.log" },
    { "qrexec", "/var/log/qubes", "qrexec.%s.log" },
    { "gui", "/var/log/qubes", "guid.%s.log" },
    { "qubesdb", "/var/log/qubes", "qubesdb.%s.log" },
    { "audio", "/var/log/qubes", "pacat.%s.log" },
    { "update", "/var/log/qubes", "update-%s.log" },
    { "salt", "/var/log/qubes", "mgmt-%s.log" },
    { "qubes", "/var/log/qubes", "vm-%s.log" },
    { "qemu", "/var/log/libvirt/qemu", "%s.log" },
    { "domain", "/var/log/libvirt/libxl", "%s.log" },
    { "libxl", "/var/log/libvirt/libxl", "libxl-driver.log" },
};

/* Which there are. */

static void source_free(gpointer data)
{
    struct log_source *source = data;

    g_free(source->path);
    g_free(source);
}

static gboolean name_is_good(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return g_ascii_isalpha(*name) && name[strspn(name, good)] == '\0' &&
           strlen(name) <= NAME_MAX_LENGTH;
}

static void add_source(GPtrArray *sources, const char *label, char *path)
{
    struct log_source *source = g_new0(struct log_source, 1);

    source->label = label;
    source->path = path;
    g_ptr_array_add(sources, source);
}

static char *row_path(const struct logs_row *row, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(row->file, "%s", 2);

    return g_strconcat(row->dir, "/", parts[0], parts[1] ? name : "",
                       parts[1] ? parts[1] : "", NULL);
}

GPtrArray *logs_candidates(const char *name, GError **error)
{
    GPtrArray *sources;

    if (!name_is_good(name)) {
        g_autofree char *clean = text_sanitise(name, -1);

        error_set(error, QMC_ERROR_INVALID, NULL,
                  "no log is looked for: '%s' is no name of a qube", clean);
        return NULL;
    }
    sources = g_ptr_array_new_with_free_func(source_free);
    for (gsize i = 0; i < G_N_ELEMENTS(logs_rows); i++)
        add_source(sources, logs_rows[i].label, row_path(&logs_rows[i], name));
    return sources;
}

/* Where links do not lead, whoever may write into the directory. A pipe put
 * there makes nobody wait. */
static int source_open(const char *root, const char *path)
{
    g_autofree char *real = layout_path(root, path);

    return open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static gboolean source_exists(const char *root, const char *path)
{
    g_autofree char *real = layout_path(root, path);
    struct stat info;

    return lstat(real, &info) == 0 && S_ISREG(info.st_mode);
}

static GPtrArray *sources_there(const char *root, GPtrArray *candidates)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func(source_free);

    for (guint i = 0; i < candidates->len; i++) {
        const struct log_source *source = candidates->pdata[i];

        if (source_exists(root, source->path))
            add_source(sources, source->label, g_strdup(source->path));
    }
    return sources;
}

static guint sources_find(const GPtrArray *sources, const char *path)
{
    for (guint i = 0; path && i < sources->len; i++)
        if (g_str_equal(((const struct log_source *)sources->pdata[i])->path, path))
            return i;
    return 0;
}

/* Lines. */

/* Colours and cursor moves of a boot are noise; what is left of others is the
 * sanitiser's. */
static gsize skip_sequence(const char *text, gsize length)
{
    gsize n = 2;

    if (length < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    while (n < length && (g_ascii_isdigit(text[n]) || strchr(";?", text[n])) &&
           text[n])
        n++;
    return n < length && g_ascii_isalpha(text[n]) ? n + 1 : 0;
}

static char *line_clean(const char *untrusted_text, gsize length)
{
    g_autoptr(GString) plain = g_string_sized_new(length);

    while (length > 0 && untrusted_text[length - 1] == '\r')
        length--;
    for (gsize i = 0; i < length;) {
        gsize skip = skip_sequence(untrusted_text + i, length - i);

        if (skip == 0)
            g_string_append_c(plain, untrusted_text[i]);
        i += MAX(skip, 1);
    }
    return text_sanitise(plain->str, (gssize)plain->len);
}

static gboolean line_is_bad(const char *line)
{
    static const char *const words[] = { "error", "fail", "warn", "panic", "oops" };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcasestr(line, words[i]))
            return TRUE;
    return FALSE;
}

static void add_line(struct log_text *text, const char *untrusted_line, gsize length)
{
    char *line = line_clean(untrusted_line, length);

    g_ptr_array_add(text->lines, line);
    if (line_is_bad(line))
        g_ptr_array_add(text->errors, g_strdup(line));
}

static void split_lines(struct log_text *text, const char *untrusted_bytes,
                        gsize length)
{
    const char *at = untrusted_bytes, *end = at + length;

    while (at < end) {
        const char *next = memchr(at, '\n', (gsize)(end - at));

        if (!next)
            next = end;
        add_line(text, at, (gsize)(next - at));
        at = next + 1;
    }
}

static gboolean read_lines(struct log_text *text, int fd)
{
    off_t from = MAX((off_t)text->size - LOGS_TAIL, 0);
    g_autofree char *bytes = g_malloc(LOGS_TAIL);
    const char *begin = bytes, *first;
    gssize length;

    if (lseek(fd, from, SEEK_SET) < 0 ||
        (length = file_read_fully(fd, bytes, LOGS_TAIL)) < 0)
        return FALSE;
    text->cut = from > 0;
    text->lines = g_ptr_array_new_with_free_func(g_free);
    text->errors = g_ptr_array_new_with_free_func(g_free);
    /* The first is a part of a line only, unless it is the only one. */
    first = text->cut ? memchr(bytes, '\n', (gsize)length) : NULL;
    if (first)
        begin = first + 1;
    split_lines(text, begin, (gsize)(bytes + length - begin));
    return TRUE;
}

static gboolean read_source(struct log_text *text, const char *root,
                            const struct log_query *query, GError **error)
{
    const struct log_source *source = text->sources->pdata[text->current];
    auto_fd int fd = source_open(root, source->path);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0) {
        error_set_errno(error, errno, NULL, "cannot read '%s'", source->path);
        return FALSE;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "cannot read '%s': it is no regular file", source->path);
        return FALSE;
    }
    text->size = (guint64)info.st_size;
    text->stamp = (struct file_stamp){ info.st_dev, info.st_ino, info.st_size,
                                       info.st_mtim, info.st_ctim };
    if (query->known && file_stamp_equal(query->known, &text->stamp) &&
        g_strcmp0(query->path, source->path) == 0)
        return TRUE;
    if (read_lines(text, fd))
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot read '%s'", source->path);
    return FALSE;
}

struct log_text *log_text_read(const char *root, const struct log_query *query,
                               GError **error)
{
    g_autoptr(GPtrArray) candidates = NULL;
    struct log_text *text;

    job_may_block();
    candidates = logs_candidates(query->name, error);
    if (!candidates)
        return NULL;
    text = g_new0(struct log_text, 1);
    text->sources = sources_there(root, candidates);
    text->current = sources_find(text->sources, query->path);
    if (text->sources->len == 0 || read_source(text, root, query, error))
        return text;
    log_text_free(text);
    return NULL;
}

void log_text_free(struct log_text *text)
{
    g_ptr_array_unref(text->sources);
    g_clear_pointer(&text->errors, g_ptr_array_unref);
    g_clear_pointer(&text->lines, g_ptr_array_unref);
    g_free(text);
}

/* Copies. */

static gboolean write_all(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno != EINTR)
            return FALSE;
        if (n < 0)
            continue;
        bytes += n;
        length -= (gsize)n;
    }
    return TRUE;
}

gboolean logs_save(GPtrArray *lines, const char *path, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    auto_fd int fd = -1;

    job_may_block();
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set_errno(error, errno,
                        errno == EEXIST ? "name a file that does not exist yet" : NULL,
                        "cannot write '%s'", path);
        return FALSE;
    }
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)lines->pdata[i]);
    if (write_all(fd, text->str, text->len) && fsync(fd) == 0)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot write '%s'", path);
    unlink(path);
    return FALSE;
}

/* In a job. */

struct question {
    char *root, *name, *path;
    struct file_stamp known;
    gboolean has_known;
    GPtrArray *lines; /* to be saved; NULL: a reading */
};

static gpointer logs_read(gconstpointer data, GError **error)
{
    const struct question *question = data;
    struct log_query query = { question->name, question->path,
                               question->has_known ? &question->known : NULL };

    return log_text_read(question->root, &query, error);
}

/* What was saved is the answer. */
static gpointer logs_write(gconstpointer data, GError **error)
{
    const struct question *question = data;

    return logs_save(question->lines, question->path, error)
               ? g_ptr_array_ref(question->lines) : NULL;
}

static void question_free(gpointer data)
{
    struct question *question = data;

    g_clear_pointer(&question->lines, g_ptr_array_unref);
    g_free(question->root);
    g_free(question->name);
    g_free(question->path);
    g_free(question);
}

static void text_free(gpointer text)
{
    log_text_free(text);
}

static struct question *question_new(struct engine *engine, const char *path)
{
    struct question *question = g_new0(struct question, 1);

    question->root = g_strdup(engine_root(engine));
    question->path = g_strdup(path);
    return question;
}

struct query *logs_request(struct engine *engine, const struct log_query *query,
                           query_fn done, gpointer data)
{
    struct question *question = question_new(engine, query->path);
    struct query_spec spec = { logs_read, text_free, question_free, done, data };

    question->name = g_strdup(query->name);
    question->has_known = query->known != NULL;
    if (query->known)
        question->known = *query->known;
    return query_submit(engine, question, &spec);
}

void logs_request_save(struct engine *engine, GPtrArray *lines, const char *path,
                       query_fn done, gpointer data)
{
    struct question *question = question_new(engine, path);
    struct query_spec spec = { logs_write, (GDestroyNotify)g_ptr_array_unref,
                               question_free, done, data };

    question->lines = g_ptr_array_ref(lines);
    query_submit(engine, question, &spec);
}
