//! The most instructions that one operation of each case may take. To lower a
//! bound, change its number here; to count anew, see `main.rs`: it shows what a
//! round takes, of 1,000 operations (of 20,000 for the capture).
//!
//! Each is what was counted plus 12 %, with rustc 1.95.0 on x86-64 with AVX2, glibc
//! 2.36 and valgrind 3.19. Another compiler may need other bounds: count the same
//! source with both, and move the bounds in a commit of its own.
//!
//! Heat: cold.

macro_rules! bounds {
    ($count:ident) => { $count! {
        parse {
            plain                   "parse/plain"                2080;
            dogstatsd_tags          "parse/DogStatsD tags"       3452;
            influxdb_tags           "parse/InfluxDB tags"        3776;
            librato_tags            "parse/Librato tags"         3678;
            signalfx_tags           "parse/SignalFX tags"        3730;
            of_8_values_in_one_line "parse/8 values in one line" 5020;
            refused_line            "parse/refused line"         337;
            refused_value           "parse/refused value"        2593;
        }
        route {
            miss_built_in_mapping                 "route/miss, built-in mapping"                 7883;
            miss_published_mapping                "route/miss, published mapping"                25798;
            miss_10_globs                         "route/miss, 10 globs"                         4487;
            miss_100_globs                        "route/miss, 100 globs"                        4484;
            miss_1000_globs                       "route/miss, 1000 globs"                       4482;
            miss_10_regexes                       "route/miss, 10 regexes"                       14561;
            miss_100_regexes                      "route/miss, 100 regexes"                      15133;
            miss_1000_regexes                     "route/miss, 1000 regexes"                     15407;
            miss_10_regexes_with_one_prefix       "route/miss, 10 regexes with one prefix"       20069;
            miss_100_regexes_with_one_prefix      "route/miss, 100 regexes with one prefix"      20079;
            miss_1000_regexes_with_one_prefix     "route/miss, 1000 regexes with one prefix"     20744;
            no_match_1000_globs                   "route/no match, 1000 globs"                   2286;
            no_match_1000_regexes                 "route/no match, 1000 regexes"                 2960;
            no_match_1000_regexes_with_one_prefix "route/no match, 1000 regexes with one prefix" 2757;
            hit_published_mapping                 "route/hit, published mapping"                 1041;
            hit_10_globs                          "route/hit, 10 globs"                          1000;
            hit_1000_globs                        "route/hit, 1000 globs"                        1000;
            hit_1000_regexes                      "route/hit, 1000 regexes"                      999;
            hit_1000_regexes_with_one_prefix      "route/hit, 1000 regexes with one prefix"      1000;
        }
        first_sight {
            built_in_mapping                "first sight/built-in mapping"             15768;
            published_mapping               "first sight/published mapping"            33896;
            of_10_globs                     "first sight/10 globs"                     12224;
            of_100_globs                    "first sight/100 globs"                    12220;
            of_1000_globs                   "first sight/1000 globs"                   12316;
            of_10_regexes                   "first sight/10 regexes"                   22284;
            of_100_regexes                  "first sight/100 regexes"                  22876;
            of_1000_regexes                 "first sight/1000 regexes"                 25340;
            of_10_regexes_with_one_prefix   "first sight/10 regexes with one prefix"   27867;
            of_100_regexes_with_one_prefix  "first sight/100 regexes with one prefix"  27877;
            of_1000_regexes_with_one_prefix "first sight/1000 regexes with one prefix" 30898;
            no_rule_of_the_built_in_mapping "first sight/no rule of the built-in mapping" 8255;
            refused_built_in_mapping        "first sight/refused, built-in mapping"    15525;
            refused_published_mapping       "first sight/refused, published mapping"   33642;
        }
        apply {
            counter              "apply/counter"               72;
            counter_fractions    "apply/counter, fractions"    83;
            gauge_set            "apply/gauge set"             33;
            gauge_moved          "apply/gauge moved"           50;
            summary              "apply/summary"               165;
            histogram_classic    "apply/histogram, classic"    141;
            histogram_native_too "apply/histogram, native too" 219;
        }
        ingest {
            a_counter_that_is_known     "ingest/a counter that is known"      988;
            a_gauge_that_is_known       "ingest/a gauge that is known"        873;
            a_summary_that_is_known     "ingest/a summary that is known"      1160;
            a_tagged_line_that_is_known "ingest/a tagged line that is known"  1154;
            the_capture_16_lines_packed "ingest/the capture, 16 lines packed" 976;
            the_capture                 "ingest/the capture"                  1055;
            without_a_cache             "ingest/without a cache"              29320;
            a_counter_that_is_refused   "ingest/a counter that is refused"    1025;
        }
        encode {
            counters_text                  "encode/counters, text"                   1249;
            counters_protobuf              "encode/counters, protobuf"               2385;
            gauges_text                    "encode/gauges, text"                     1241;
            gauges_protobuf                "encode/gauges, protobuf"                 2295;
            summaries_of_3_values_text     "encode/summaries of 3 values, text"      4878;
            summaries_of_3_values_protobuf "encode/summaries of 3 values, protobuf"  3643;
            busy_summaries_text            "encode/busy summaries, text"             19185;
            busy_summaries_protobuf        "encode/busy summaries, protobuf"         17650;
            histograms_classic_text        "encode/histograms, classic, text"        8134;
            histograms_classic_protobuf    "encode/histograms, classic, protobuf"    4120;
            histograms_native_too_text     "encode/histograms, native too, text"     8133;
            histograms_native_too_protobuf "encode/histograms, native too, protobuf" 5060;
        }
    } };
}
