import { queryOptions } from "@tanstack/react-query";
import { bodyOf, type Clients } from "../../api/client";
import type { components } from "../../api/contracts/mobile";
import { Problem } from "../../api/problem";

export type Profile = components["schemas"]["Profile"];
export type NewProfile = components["schemas"]["NewProfile"];
export type ProfileChange = components["schemas"]["ProfileChange"];
export type Upload = components["schemas"]["Upload"];

export const PROFILE = ["profile"] as const;

/** The member's own profile; null where they have not chosen a name yet. */
export function profileQuery(api: Clients) {
  return queryOptions({
    queryKey: PROFILE,
    queryFn: async ({ signal }): Promise<Profile | null> => {
      try {
        return bodyOf(await api.mobile.GET("/profile", { signal }));
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

/** The entity tag of a version, as the mobile API writes it. */
export const tagOf = (version: number): string => `"${version}"`;

/** Whether somebody, or the member elsewhere, was faster. */
export const isOutdated = (error: unknown): boolean => error instanceof Problem && error.status === 412;

/** An upload that is being checked, asked for at growing intervals until it is taken or refused. */
export function uploadQuery(api: Clients, uploadId: string) {
  return queryOptions({
    queryKey: ["profile", "upload", uploadId],
    queryFn: async ({ signal }): Promise<Upload> => {
      const params = { path: { upload_id: uploadId } };
      return bodyOf(await api.mobile.GET("/profile/images/{upload_id}", { params, signal }));
    },
    refetchInterval: ({ state }) =>
      state.data && state.data.status !== "WAITING"
        ? false
        : Math.min(5_000, 500 * 1.4 ** state.dataUpdateCount),
  });
}
