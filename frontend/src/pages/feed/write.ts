import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../api/context";
import { pause, worthRetrying } from "../../api/problem";
import { useAnnounce } from "../../components/feedback";
import { type Profile, tagOf } from "../profile/queries";
import { type Draft, type Post, replace, show } from "./queries";

/** Posts, or replies: once for each text, however often it is tried. */
export function usePosting(profile: Profile, inReplyTo?: string) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  // One key for one post: kept over tries, so that a post whose answer was lost is not there twice.
  const key = useRef<{ of: string; value: string }>(undefined);
  return useMutation({
    mutationFn: async (draft: Draft) => {
      const body = { ...draft, ...(inReplyTo && { in_reply_to: inReplyTo }) };
      const of = JSON.stringify(body);
      if (key.current?.of !== of) key.current = { of, value: crypto.randomUUID() };
      const header = { "Idempotency-Key": key.current.value };
      return bodyOf(await api.mobile.POST("/posts", { params: { header }, body }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (post) => {
      key.current = undefined; // the same words may be said again
      show(cache, post, profile);
      announce(inReplyTo ? "Your reply is there" : "Your post is there");
    },
  });
}

/** Changes a post that the member has read; refused with 412 when it was changed since. */
export function useChange(postId: string) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  return useMutation({
    mutationFn: async ({ draft, version }: { draft: Draft; version: number }) => {
      const params = { path: { post_id: postId }, header: { "If-Match": tagOf(version) } };
      return bodyOf(await api.mobile.PUT("/posts/{post_id}", { params, body: draft }));
    },
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: (post) => {
      replace(cache, postId, post);
      announce("Your change is there");
    },
  });
}

export function useDeletion(post: Post) {
  const api = useApi();
  const cache = useQueryClient();
  const announce = useAnnounce();
  return useMutation({
    mutationFn: () => api.mobile.DELETE("/posts/{post_id}", { params: { path: { post_id: post.post_id } } }),
    retry: worthRetrying,
    retryDelay: pause,
    onSuccess: () => {
      replace(cache, post.post_id, null);
      announce("Your post is gone");
    },
  });
}
